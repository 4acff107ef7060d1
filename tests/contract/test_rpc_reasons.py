"""The reasons of the code are those of the contract."""

from pathlib import Path

import pytest
from grpc import StatusCode

from appshare.errors import AppShareError, Reason
from appshare.rpc.status import code_of
from appshare.v1.error_reason_pb2 import ErrorReason

PROTO = Path(__file__).parents[2] / "protos" / "appshare" / "v1" / "error_reason.proto"


def test_the_reasons_are_the_names_of_the_contract() -> None:
    names = {name.removeprefix("ERROR_REASON_") for name in ErrorReason.keys()} - {"UNSPECIFIED"}  # noqa: SIM118  # an enum
    assert set(Reason.__members__) == names


@pytest.mark.parametrize("reason", Reason)
def test_a_reason_is_its_own_name(reason: Reason) -> None:
    assert reason == reason.name == str(reason)


@pytest.mark.parametrize("reason", Reason)
def test_the_contract_says_with_which_status_a_reason_comes(reason: Reason) -> None:
    comment = PROTO.read_text(encoding="utf-8").partition(f"  ERROR_REASON_{reason} =")[0].rpartition("\n\n")[2]
    code = comment.rpartition("  // ")[0] and comment.split("// ")[-1].partition(":")[0]
    lines = [line.strip().removeprefix("// ") for line in comment.splitlines() if line.strip().startswith("//")]
    assert any(line.partition(":")[0] in StatusCode.__members__ for line in lines), code
    assert any(code_of(kind(reason, "")).name in " ".join(lines) for kind in AppShareError.__subclasses__())
