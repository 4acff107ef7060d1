"""The reasons of the code are those of the contract."""

import re
from pathlib import Path

import pytest

from appshare.errors import AppShareError, Reason
from appshare.rpc.status import code_of
from appshare.v1.error_reason_pb2 import ErrorReason

PROTO = Path(__file__).parents[2] / "protos" / "appshare" / "v1" / "error_reason.proto"
KINDS = [kind for kind in AppShareError.__subclasses__() if kind.__module__ == AppShareError.__module__]


def test_the_reasons_are_the_names_of_the_contract() -> None:
    names = {name.removeprefix("ERROR_REASON_") for name in ErrorReason.keys()} - {"UNSPECIFIED"}  # noqa: SIM118  # an enum
    assert set(Reason.__members__) == names


@pytest.mark.parametrize("reason", Reason)
def test_a_reason_is_its_own_name(reason: Reason) -> None:
    assert reason == reason.name == str(reason)


def test_the_contract_says_for_each_reason_with_which_status_it_comes() -> None:
    documented = re.findall(
        r"^  // ([A-Z_]+): .*\n(?:  // .*\n)*  ERROR_REASON_([A-Z0-9_]+) = ",
        PROTO.read_text(encoding="utf-8"),
        re.MULTILINE,
    )
    assert [reason for _, reason in documented] == list(Reason)
    assert {code for code, _ in documented} == {code_of(kind(Reason.INTERNAL, "")).name for kind in KINDS}
