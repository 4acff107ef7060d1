"""A row that decides nothing says why."""

from typing import Any

import pytest
from tests.unit.app_download.samples import package

from appshare.app_download.app_decisions import AppDecisions
from appshare.app_download.fitting.operator_rows import DeviceCondition, NumberRange, OperatorRow, RowEffect
from appshare.app_download.idle_rows import why_idle
from appshare.app_download.signer_pin import SignerPin

DENY, PREFER, FORCE = RowEffect
PACKAGES = [
    package("new", version_code=2, min_sdk=26, max_sdk=33, signer_sha256="a"),
    package("old", version_code=1, min_sdk=21, signer_sha256="b"),
]
PIXEL = DeviceCondition(model="Pixel*")


def row(effect: RowEffect = PREFER, devices: DeviceCondition = PIXEL, **what: Any) -> OperatorRow:
    return OperatorRow(row_id="", package_name="org.example.app", position=1, effect=effect, devices=devices, **what)


@pytest.mark.parametrize(
    ("added", "earlier", "decided", "why"),
    [
        (row(version_code=3), [], AppDecisions(), "no build"),
        (row(package_id="x"), [], AppDecisions(), "no build"),
        (row(), [row(DENY, DeviceCondition())], AppDecisions(), "row 1 is about all"),
        (row(version_code=2), [row(DENY)], AppDecisions(), "row 1 is about all"),
        (row(version_code=2), [row(DENY, version_code=2)], AppDecisions(), "row 1 is about all"),
        (row(package_id="new"), [row(DENY, version_code=2)], AppDecisions(), "row 1 is about all"),
        (row(version_code=1), [], AppDecisions(lowest_version=2), "below version code 2"),
        (row(version_code=1), [], AppDecisions(pin=SignerPin("a")), "another signer"),
        (row(FORCE, DeviceCondition(sdk=NumberRange(21, 25)), version_code=2), [], AppDecisions(), "need SDK 26"),
        (row(PREFER, DeviceCondition(sdk=NumberRange(34)), version_code=2), [], AppDecisions(), "SDK 33 at most"),
    ],
)
def test_a_row_that_decides_nothing(
    added: OperatorRow, earlier: list[OperatorRow], decided: AppDecisions, why: str
) -> None:
    assert why in why_idle(added, earlier, PACKAGES, decided)


@pytest.mark.parametrize(
    ("added", "earlier", "decided"),
    [
        (row(), [], AppDecisions()),
        (row(), [], AppDecisions(lowest_version=9, pin=SignerPin("z"))),  # about builds to come, too
        (row(), [row(DENY, version_code=2)], AppDecisions()),
        (row(version_code=2), [row(DENY, package_id="new")], AppDecisions()),
        (row(package_id="new"), [row(DENY, version_code=1)], AppDecisions()),
        (row(), [row(DENY, DeviceCondition(model="Pixel 8"))], AppDecisions()),
        (row(version_code=1), [], AppDecisions(pin=SignerPin("a", frozenset({"b"})))),
        (row(FORCE, DeviceCondition(sdk=NumberRange(34)), version_code=2), [], AppDecisions()),
        (row(PREFER, DeviceCondition(sdk=NumberRange(21, 26)), version_code=2), [], AppDecisions()),
    ],
)
def test_a_row_that_decides(added: OperatorRow, earlier: list[OperatorRow], decided: AppDecisions) -> None:
    assert why_idle(added, earlier, PACKAGES, decided) == ""
