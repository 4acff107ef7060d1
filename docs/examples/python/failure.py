"""What an error of the cloud says."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import grpc
from google.rpc import error_details_pb2
from grpc_status import rpc_status


@dataclass
class Failure:
    """A failed call; `reason` is a name of error_reason.proto, or empty where gRPC itself failed."""

    code: str
    reason: str = ""
    field: str = ""
    retry_after: timedelta | None = None


def read_failure(error: grpc.RpcError) -> Failure:
    """Reads the `google.rpc.Status` of the trailer `grpc-status-details-bin`."""
    failure = Failure(error.code().name)
    status = rpc_status.from_call(error)
    for detail in status.details if status else ():
        if detail.Unpack(info := error_details_pb2.ErrorInfo()):
            failure.reason = info.reason
        elif detail.Unpack(request := error_details_pb2.BadRequest()):
            failure.field = request.field_violations[0].field
        elif detail.Unpack(retry := error_details_pb2.RetryInfo()):
            failure.retry_after = retry.retry_delay.ToTimedelta()
    return failure


def failure_of(call: Callable[[], object]) -> Failure:
    """The failure of a call that must not succeed."""
    try:
        call()
    except grpc.RpcError as error:
        return read_failure(error)
    raise SystemExit("a call succeeded that must not")
