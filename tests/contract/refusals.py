"""Refusals as they come over the wire, read without the client code that they are to be judged by."""

from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Any

import grpc
import pytest
from google.rpc import error_details_pb2, status_pb2


@dataclass(frozen=True)
class Refusal:
    """A status with its details. Seconds in `retry_after`."""

    code: grpc.StatusCode
    message: str
    reason: str
    metadata: dict[str, str]
    field: str | None
    retry_after: float | None


async def refusal(call: Awaitable[Any]) -> Refusal:
    """The refusal that a call is answered with; fails when it is not, or not in the form that the contract names."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return read_refusal(caught.value)


def read_refusal(error: grpc.aio.AioRpcError) -> Refusal:
    """The refusal that an error carries; exactly one `ErrorInfo` of AppShare, and each other detail at most once."""
    trailers = dict(error.trailing_metadata() or ())
    status = status_pb2.Status.FromString(trailers["grpc-status-details-bin"])
    code = error.code()
    assert (status.code, status.message) == (code.value[0], error.details())
    details = {}
    for packed in status.details:
        kind = packed.TypeName().removeprefix("google.rpc.")
        assert kind not in details, f"{kind} comes twice"
        details[kind] = getattr(error_details_pb2, kind)()
        packed.Unpack(details[kind])
    info = details.pop("ErrorInfo")
    assert info.domain == "appshare"
    field, retry_after = None, None
    if bad_request := details.pop("BadRequest", None):
        [violation] = bad_request.field_violations
        field = violation.field
        assert violation.description
    if retry := details.pop("RetryInfo", None):
        retry_after = retry.retry_delay.ToTimedelta().total_seconds()
    assert not details
    return Refusal(code, status.message, info.reason, dict(info.metadata), field, retry_after)
