"""Which devices and builds an operator's row is about."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.app_download.samples import package, phone

from appshare.app_download.fitting.operator_rows import DeviceCondition, NumberRange, OperatorRow, RowEffect
from appshare.app_download.model import DeviceProfile

PIXEL = {"manufacturer": "Google", "model": "Pixel 8"}


@pytest.mark.parametrize(
    ("condition", "device"),
    [
        ({}, {}),
        ({}, {"screen_density": None, "screen_width_px": None, "supported_abis": ()}),
        ({"model": "Pixel 8"}, PIXEL),
        ({"model": "pixel 8"}, PIXEL),
        ({"model": "Pixel*"}, PIXEL),
        ({"model": "*"}, PIXEL),
        ({"model": "Pixel ?"}, PIXEL),
        ({"model": "T[1]*"}, {"model": "T[1]-plus"}),
        ({"manufacturer": "GOOGLE", "model": "*8"}, PIXEL),
        ({"sdk": NumberRange(34, 34)}, {}),
        ({"sdk": NumberRange(21)}, {}),
        ({"density": NumberRange(400, 420)}, {}),
        ({"density": NumberRange(160, 160)}, {"screen_density": 0}),
        ({"short_side": NumberRange(1080, 1080), "long_side": NumberRange(2400, 2400)}, {}),
        ({"short_side": NumberRange(1080, 1080)}, {"screen_width_px": 2400, "screen_height_px": 1080}),
        ({"abis": ("x86", "armeabi-v7a")}, {}),
    ],
)
def test_a_device_meets_it(condition: dict[str, Any], device: dict[str, Any]) -> None:
    assert DeviceCondition(**condition).holds(phone(**device))


@pytest.mark.parametrize(
    ("condition", "device"),
    [
        ({"model": "Pixel"}, PIXEL),
        ({"model": "*"}, {}),
        ({"model": "T[1]"}, {"model": "T1"}),
        ({"manufacturer": "Samsung", "model": "Pixel 8"}, PIXEL),
        ({"sdk": NumberRange(21, 33)}, {}),
        ({"sdk": NumberRange(35)}, {}),
        ({"density": NumberRange(1)}, {"screen_density": None}),
        ({"long_side": NumberRange(1)}, {"screen_width_px": None}),
        ({"long_side": NumberRange(0, 2399)}, {}),
        ({"abis": ("x86",)}, {}),
        ({"abis": ("arm64-v8a",)}, {"supported_abis": ()}),
    ],
)
def test_a_device_does_not_meet_it(condition: dict[str, Any], device: dict[str, Any]) -> None:
    assert not DeviceCondition(**condition).holds(phone(**device))


def test_a_pattern_of_stars_is_quick() -> None:
    condition = DeviceCondition(model="*a" * 50 + "b")
    assert not condition.holds(phone(model="a" * 1000))


@pytest.mark.parametrize(
    ("row", "about"),
    [({}, True), ({"version_code": 7}, True), ({"version_code": 8}, False), ({"package_id": "x"}, False)],
)
def test_a_row_is_about_builds(row: dict[str, Any], *, about: bool) -> None:
    built = OperatorRow(row_id="1", package_name="org.example.app", position=1, effect=RowEffect.DENY, **row)
    assert built.is_about(package("app.apk", version_code=7)) is about


def test_a_condition_is_told() -> None:
    condition = DeviceCondition(
        manufacturer="Samsung",
        model="SM-*",
        sdk=NumberRange(21, 28),
        density=NumberRange(320),
        short_side=NumberRange(720, 720),
        abis=("x86", "x86_64"),
    )
    told = "manufacturer Samsung, model SM-*, ABI x86 or x86_64, SDK 21-28, density 320+, short side 720"
    assert str(condition) == told
    assert str(DeviceCondition()) == "every device"


patterns = st.sampled_from(("", "*", "Pixel*", "Pixel 8", "pixel 8", "Pixel ?", "SM-*", "**"))
names = st.sampled_from(("", "Pixel 8", "Pixel 9a", "SM-G970", "x"))
ranges = st.builds(NumberRange, st.sampled_from((0, 1, 24, 28)), st.sampled_from((None, 23, 28, 34)))
abi_lists = st.lists(st.sampled_from(("x86", "arm64-v8a", "armeabi-v7a")), unique=True).map(tuple)
conditions = st.builds(
    DeviceCondition,
    manufacturer=patterns,
    model=patterns,
    sdk=ranges,
    density=ranges,
    short_side=ranges,
    abis=abi_lists,
)
devices = st.builds(
    DeviceProfile,
    sdk_version=st.sampled_from((1, 23, 26, 28, 34, 36)),
    screen_density=st.sampled_from((None, 0, 24, 420)),
    screen_width_px=st.sampled_from((None, 1, 25, 720)),
    screen_height_px=st.sampled_from((None, 30, 1280)),
    supported_abis=abi_lists,
    model=names,
    manufacturer=names,
)


@given(conditions, conditions, devices)
def test_what_is_covered_is_met_by_nobody_else(one: DeviceCondition, other: DeviceCondition, device: Any) -> None:
    if one.covers(other) and other.holds(device):
        assert one.holds(device)


@given(conditions, conditions)
def test_a_condition_covers_itself_and_its_narrower_forms(one: DeviceCondition, other: DeviceCondition) -> None:
    assert one.covers(one)
    assert DeviceCondition().covers(other)
