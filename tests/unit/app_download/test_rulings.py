"""What an operator's rows and the lowest version do to the choice."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.app_download.samples import package, phone
from tests.unit.app_download.test_operator_rows import conditions, devices

from appshare.app_download.fitting.device_fit import choose
from appshare.app_download.fitting.operator_rows import DeviceCondition, NumberRange, OperatorRow, RowEffect
from appshare.app_download.fitting.rulings import rulings
from appshare.app_download.model import DeviceProfile, Fit, NoFit, NoFitKind, Screen, ScreenSize
from appshare.app_download.package import Package
from appshare.app_download.package_set import PackageSet

DENY, PREFER, FORCE = RowEffect
PIXEL = DeviceCondition(model="Pixel*")
OTHERS = DeviceCondition(model="SM-*")
MINE = phone(model="Pixel 8")


def row(effect: RowEffect, devices: DeviceCondition = PIXEL, **builds: Any) -> OperatorRow:
    return OperatorRow(row_id="", package_name="org.example.app", position=0, effect=effect, devices=devices, **builds)


def answer(
    device: DeviceProfile, packages: Sequence[Package], *rows: OperatorRow, lowest_version: int = 0
) -> Fit | NoFit:
    placed = [dataclasses.replace(each, position=position) for position, each in enumerate(rows, start=1)]
    ruled = rulings(device, packages, placed, lowest_version)
    return choose(device, [each.build for each in packages], rulings=ruled)


def version(fit: Fit | NoFit) -> int | None:
    return fit.version_code if isinstance(fit, Fit) else None


def kinds(no_fit: Fit | NoFit) -> list[NoFitKind]:
    assert isinstance(no_fit, NoFit), no_fit
    return [reason.kind for reason in no_fit.reasons]


OLD, NEW = package("old", version_code=1), package("new", version_code=2)
BOTH = [NEW, OLD]


@pytest.mark.parametrize(
    ("rows", "chosen"),
    [
        ([], 2),
        ([row(DENY, version_code=2)], 1),
        ([row(DENY, package_id="new")], 1),
        ([row(DENY)], None),
        ([row(DENY, OTHERS)], 2),
        ([row(PREFER, version_code=1)], 1),
        ([row(PREFER, OTHERS, version_code=1)], 2),
        ([row(FORCE, version_code=1)], 1),
        ([row(PREFER, version_code=1), row(PREFER, version_code=2)], 1),
        ([row(PREFER, version_code=2), row(PREFER, version_code=1)], 2),
        ([row(PREFER, version_code=1), row(DENY)], 1),  # an exception from what follows
        ([row(DENY), row(PREFER, version_code=1)], None),
        ([row(DENY, DeviceCondition(sdk=NumberRange(30))), row(FORCE, version_code=1)], None),
        ([row(PREFER)], 2),  # between those that one row prefers, the usual order
    ],
)
def test_the_first_row_that_is_about_device_and_build_decides(rows: list[OperatorRow], chosen: int | None) -> None:
    assert version(answer(MINE, BOTH, *rows)) == chosen


def test_what_is_preferred_has_to_fit() -> None:
    needs_more = package("more", version_code=1, min_sdk=35)
    assert version(answer(MINE, [NEW, needs_more], row(PREFER, version_code=1))) == 2


@pytest.mark.parametrize(
    ("what", "kind"),
    [
        ({"max_sdk": 33}, NoFitKind.MAX_SDK),
        ({"compatible_screens": (Screen(ScreenSize.XLARGE, 160),)}, NoFitKind.SCREEN),
        ({"supports_screens": (ScreenSize.XLARGE,)}, NoFitKind.SCREEN),
        ({"required_features": ("android.hardware.nfc",)}, NoFitKind.FEATURE),
        ({"gl_es_version": 0x30002}, NoFitKind.GL_ES),
    ],
)
def test_force_lifts_what_android_does_not_check(what: dict[str, Any], kind: NoFitKind) -> None:
    device = phone(model="Pixel 8", device_features=("a", "reqGlEsVersion=0x20000"))
    packages = [package(**what)]
    assert kinds(answer(device, packages, row(PREFER))) == [kind]
    assert version(answer(device, packages, row(FORCE))) == 1


@pytest.mark.parametrize(
    ("what", "kind"),
    [
        ({"min_sdk": 35}, NoFitKind.MIN_SDK),
        ({"signature_min_sdk": 35}, NoFitKind.MIN_SDK),
        ({"target_sdk": 22}, NoFitKind.TARGET_SDK),
        ({"abis": ("x86",)}, NoFitKind.ABI),
    ],
)
def test_force_does_not_lift_what_android_checks(what: dict[str, Any], kind: NoFitKind) -> None:
    assert kinds(answer(MINE, [package(**what)], row(FORCE))) == [kind]


def test_force_lifts_nothing_of_the_signer() -> None:
    packages = [package(signer_sha256="b")]
    placed = rulings(MINE, packages, [dataclasses.replace(row(FORCE), position=1)], 0)
    assert kinds(choose(MINE, [packages[0].build], "a", rulings=placed)) == [NoFitKind.SIGNER_CHANGED]


def test_force_serves_a_set_too() -> None:
    [base] = package("base.apk", max_sdk=30).files
    held = Package(package_id="set", build=PackageSet(parts=(base,)))
    assert kinds(answer(MINE, [held])) == [NoFitKind.MAX_SDK]
    assert version(answer(MINE, [held], row(FORCE, package_id="set"))) == 1
    assert kinds(answer(MINE, [held], row(DENY, package_id="set"))) == [NoFitKind.MAX_SDK, NoFitKind.DENIED]


def test_a_version_below_the_lowest_is_offered_to_nobody() -> None:
    assert version(answer(MINE, BOTH, lowest_version=2)) == 2
    assert version(answer(MINE, BOTH, row(FORCE, version_code=1), lowest_version=2)) == 2
    no_fit = answer(MINE, BOTH, lowest_version=3)
    assert isinstance(no_fit, NoFit)
    assert [str(reason) for reason in no_fit.reasons] == ["MIN_VERSION device [3] packages [1, 2]"]
    assert no_fit.reasons[0].message == "the operator allows version code 3 and newer only; there is 2"


def test_a_denial_names_the_row() -> None:
    no_fit = answer(MINE, [OLD], row(DENY, OTHERS), row(DENY))
    assert isinstance(no_fit, NoFit)
    [reason] = no_fit.reasons
    assert reason.message == "the operator keeps it from devices like yours (row 2: model Pixel*)"


@pytest.mark.parametrize(
    ("rows", "sentences"),
    [
        ([], ("version 2 highest of 2 that fit",)),
        (
            [row(PREFER, version_code=1)],
            ("row 1 of the operator prefers it: model Pixel*", "version 1, although 2 fits as well"),
        ),
        (
            [row(DENY, OTHERS), row(FORCE, version_code=2)],
            ("row 2 of the operator forces it: model Pixel*", "version 2 highest of 2 that fit"),
        ),
    ],
)
def test_the_fit_says_which_row_decided(rows: list[OperatorRow], sentences: tuple[str, ...]) -> None:
    fit = answer(MINE, BOTH, *rows)
    assert isinstance(fit, Fit)
    assert fit.why[: len(sentences)] == sentences


def test_the_fit_says_that_a_highest_sdk_was_lifted() -> None:
    fit = answer(MINE, [package(max_sdk=30)], row(FORCE))
    assert isinstance(fit, Fit)
    assert "SDK 34 above 21 to 30, which the operator lifts" in fit.why


catalogues = st.lists(
    st.builds(
        package,
        st.integers(0, 10**6).map(str),
        version_code=st.integers(0, 3),
        min_sdk=st.sampled_from((1, 26, 34)),
        max_sdk=st.sampled_from((None, 28, 36)),
        abis=st.sampled_from(((), ("x86",), ("arm64-v8a", "armeabi-v7a"))),
    ),
    max_size=5,
    unique_by=lambda each: each.package_id,
)
rows_of_an_app = st.lists(
    st.builds(row, st.sampled_from(RowEffect), conditions, version_code=st.none() | st.integers(0, 3)), max_size=5
)


@given(devices, catalogues, rows_of_an_app, st.integers(0, 2), st.randoms(use_true_random=False))
def test_the_order_of_the_packages_does_not_matter(
    device: DeviceProfile, packages: list[Package], rows: list[OperatorRow], lowest: int, random: Any
) -> None:
    shuffled = random.sample(packages, k=len(packages))
    assert answer(device, shuffled, *rows, lowest_version=lowest) == answer(
        device, packages, *rows, lowest_version=lowest
    )


@given(devices, catalogues, rows_of_an_app, st.data())
def test_order_matters_only_between_rows_that_are_both_about_it(
    device: DeviceProfile, packages: list[Package], rows: list[OperatorRow], data: st.DataObject
) -> None:
    """Two neighbours may change places if one is not about the device, or no build is what both are about."""
    for index in range(len(rows) - 1):
        one, other = rows[index], rows[index + 1]
        share_builds = any(one.is_about(each) and other.is_about(each) for each in packages)
        both_rank = DENY not in (one.effect, other.effect)
        if one.devices.holds(device) and other.devices.holds(device) and (share_builds or both_rank):
            continue
        swapped = [*rows[:index], other, one, *rows[index + 2 :]]
        assert chosen(answer(device, packages, *rows)) == chosen(answer(device, packages, *swapped))


@given(devices, catalogues, rows_of_an_app, st.integers(0, 5), rows_of_an_app)
def test_a_row_about_other_devices_changes_nothing(
    device: DeviceProfile, packages: list[Package], rows: list[OperatorRow], at: int, added: list[OperatorRow]
) -> None:
    foreign = [each for each in added if not each.devices.holds(device)]
    more = [*rows[:at], *foreign, *rows[at:]]
    assert chosen(answer(device, packages, *rows)) == chosen(answer(device, packages, *more))


@given(devices, catalogues, conditions)
def test_a_denial_takes_away_and_gives_nothing(
    device: DeviceProfile, packages: list[Package], devices_denied: DeviceCondition
) -> None:
    denied = answer(device, packages, row(DENY, devices_denied, version_code=2))
    without = [each for each in packages if each.manifest.version_code != 2]
    expected = answer(device, without) if devices_denied.holds(device) else answer(device, packages)
    assert chosen(denied) == chosen(expected)


@given(devices, catalogues, rows_of_an_app, st.integers(0, 3))
def test_nothing_below_the_lowest_version_is_offered(
    device: DeviceProfile, packages: list[Package], rows: list[OperatorRow], lowest: int
) -> None:
    found = version(answer(device, packages, *rows, lowest_version=lowest))
    assert found is None or found >= lowest


def chosen(found: Fit | NoFit) -> tuple[str, ...]:
    return tuple(each.sha256 for each in found.artifacts) if isinstance(found, Fit) else ()
