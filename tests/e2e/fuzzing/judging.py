"""Whether an answer is one that the contract allows."""

import re
from collections.abc import Sequence

import grpc
from google.rpc import error_details_pb2, status_pb2

from appshare.rpc.watch import HEALTH_PREFIX
from appshare.v1.error_reason_pb2 import ErrorReason

_DETAILS = "grpc-status-details-bin"

_INSIDE = re.compile(
    r"Traceback|Exception|Error\b|sqlite|\.py\b|0x[0-9a-f]{8}|object at|/home/|/tmp/|site-packages", re.I
)
"""What only the inside of a process says."""

_OF_GRPC = (
    (grpc.StatusCode.DEADLINE_EXCEEDED, "Deadline Exceeded"),
    (grpc.StatusCode.RESOURCE_EXHAUSTED, "message larger than max"),
    # The client has written just when the server ended the call; its status is lost to the client.
    (grpc.StatusCode.INTERNAL, "Internal error from Core"),
)
"""What gRPC itself answers, or says on the client's side."""


def problem_of(path: str, requests: Sequence[bytes], error: grpc.aio.AioRpcError) -> str | None:
    """What is wrong with a refusal of a method; None when nothing is.

    Args:
        requests: what the method was called with, in words that a refusal may use as well.
    """
    details = error.details() or ""
    trailers = dict(error.trailing_metadata() or ())
    if _DETAILS not in trailers:
        is_health = path.startswith(HEALTH_PREFIX) and error.code() is grpc.StatusCode.NOT_FOUND
        is_of_grpc = any(error.code() is code and text in details for code, text in _OF_GRPC)
        return None if is_health or is_of_grpc else f"no details: {error.code()} {details}"
    status = status_pb2.Status.FromString(trailers[_DETAILS])
    infos = [info for detail in status.details if detail.Unpack(info := error_details_pb2.ErrorInfo())]
    if len(infos) != 1 or infos[0].domain != "appshare":
        return f"not one ErrorInfo of ours: {status}"
    if f"ERROR_REASON_{infos[0].reason}" not in ErrorReason.keys():  # noqa: SIM118  # an enum
        return f"an unknown reason: {status}"
    if error.code() in (grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN, grpc.StatusCode.DATA_LOSS):
        return f"a defect: {details}"
    said = b"".join(requests)
    if any(inside.encode() not in said for inside in _INSIDE.findall(str(status))):
        return f"tells of its inside: {status}"
    return None
