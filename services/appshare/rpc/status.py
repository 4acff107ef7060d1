"""The one place where typed errors become `google.rpc.Status` and are raised again from it."""

from datetime import timedelta

import grpc
from google.protobuf.message import DecodeError, Message
from google.rpc import error_details_pb2, status_pb2

from appshare import errors

DOMAIN = "appshare"
"""`ErrorInfo.domain` of every error of AppShare."""

_DETAILS_KEY = "grpc-status-details-bin"
"""Metadata key of the details, as gRPC fixes it."""

_LOST_STATUS = "Internal error from Core"

_CODES: dict[type[errors.AppShareError], grpc.StatusCode] = {
    errors.InvalidArgumentError: grpc.StatusCode.INVALID_ARGUMENT,
    errors.UnauthenticatedError: grpc.StatusCode.UNAUTHENTICATED,
    errors.PermissionDeniedError: grpc.StatusCode.PERMISSION_DENIED,
    errors.NotFoundError: grpc.StatusCode.NOT_FOUND,
    errors.AlreadyExistsError: grpc.StatusCode.ALREADY_EXISTS,
    errors.FailedPreconditionError: grpc.StatusCode.FAILED_PRECONDITION,
    errors.AbortedError: grpc.StatusCode.ABORTED,
    errors.OutOfRangeError: grpc.StatusCode.OUT_OF_RANGE,
    errors.ResourceExhaustedError: grpc.StatusCode.RESOURCE_EXHAUSTED,
    errors.UnavailableError: grpc.StatusCode.UNAVAILABLE,
    errors.DeadlineExceededError: grpc.StatusCode.DEADLINE_EXCEEDED,
    errors.DataLossError: grpc.StatusCode.DATA_LOSS,
    errors.InternalError: grpc.StatusCode.INTERNAL,
    errors.UnimplementedError: grpc.StatusCode.UNIMPLEMENTED,
}
_CLASSES = {code: cls for cls, code in _CODES.items()}


def code_of(error: errors.AppShareError) -> grpc.StatusCode:
    """The gRPC status code of a typed error; an error of no kind is a defect."""
    return next((_CODES[cls] for cls in type(error).__mro__ if cls in _CODES), grpc.StatusCode.INTERNAL)


def to_trailers(error: errors.AppShareError) -> tuple[tuple[str, bytes], ...]:
    """The trailing metadata that carries a typed error's `google.rpc.Status`."""
    status = status_pb2.Status(code=code_of(error).value[0], message=error.message)
    for detail in _details(error):
        status.details.add().Pack(detail)
    return ((_DETAILS_KEY, status.SerializeToString()),)


def from_rpc_error(error: grpc.aio.AioRpcError, service: str) -> errors.AppShareError:
    """The typed error that a call to `service` (a name for people) failed with."""
    info, field, retry_after = _read_details(error)
    if info is None:
        return _without_details(error, service)
    cls = _CLASSES.get(error.code(), errors.InternalError)
    known = info.reason in errors.Reason.__members__
    return cls(
        errors.Reason(info.reason) if known else errors.Reason.INTERNAL,
        error.details() or "",
        field=field,
        retry_after=retry_after,
        metadata=info.metadata,
    )


def no_answer(service: str) -> errors.UnavailableError:
    """The error for a service (a name for people) that cannot be reached, or is gone before its answer."""
    return errors.UnavailableError(
        errors.Reason.SERVICE_UNAVAILABLE,
        f"{service} does not answer; try again shortly",
        retry_after=timedelta(seconds=1),
    )


def _details(error: errors.AppShareError) -> list[Message]:
    info = error_details_pb2.ErrorInfo(reason=error.reason, domain=DOMAIN, metadata=error.metadata)
    details: list[Message] = [info]
    if error.field is not None:
        violation = error_details_pb2.BadRequest.FieldViolation(field=error.field, description=error.message)
        details.append(error_details_pb2.BadRequest(field_violations=[violation]))
    if error.retry_after is not None:
        retry = error_details_pb2.RetryInfo()
        retry.retry_delay.FromTimedelta(error.retry_after)
        details.append(retry)
    return details


def _read_details(
    error: grpc.aio.AioRpcError,
) -> tuple[error_details_pb2.ErrorInfo | None, str | None, timedelta | None]:
    info, field, retry_after = None, None, None
    for detail in _status_of(error).details:
        if detail.Is(error_details_pb2.ErrorInfo.DESCRIPTOR):
            unpacked = error_details_pb2.ErrorInfo()
            detail.Unpack(unpacked)
            info = unpacked if unpacked.domain == DOMAIN else info
        elif detail.Is(error_details_pb2.BadRequest.DESCRIPTOR):
            bad_request = error_details_pb2.BadRequest()
            detail.Unpack(bad_request)
            field = bad_request.field_violations[0].field if bad_request.field_violations else None
        elif detail.Is(error_details_pb2.RetryInfo.DESCRIPTOR):
            retry = error_details_pb2.RetryInfo()
            detail.Unpack(retry)
            retry_after = retry.retry_delay.ToTimedelta()
    return info, field, retry_after


def _status_of(error: grpc.aio.AioRpcError) -> status_pb2.Status:
    """What came with the error; empty when there is none, or it is not of this error."""
    sent = next((value for key, value in error.trailing_metadata() if key == _DETAILS_KEY), b"")
    try:
        found = status_pb2.Status.FromString(sent)
    except DecodeError:
        return status_pb2.Status()
    # gRPC puts its own status in the place of one that was too long to be sent, and may leave the details.
    return found if found.code == error.code().value[0] else status_pb2.Status()


def _without_details(error: grpc.aio.AioRpcError, service: str) -> errors.AppShareError:
    """What gRPC itself reports: no connection, no time left, or something that is not AppShare."""
    match error.code():
        # CANCELLED, which nobody here has asked for, comes from a server that stops just when a call arrives.
        case grpc.StatusCode.UNAVAILABLE | grpc.StatusCode.CANCELLED:
            return no_answer(service)
        # A message that was written just when the service ended the call; its status is lost to gRPC.
        case grpc.StatusCode.INTERNAL if error.details() == _LOST_STATUS:
            return no_answer(service)
        case grpc.StatusCode.DEADLINE_EXCEEDED:
            return errors.DeadlineExceededError(errors.Reason.DEADLINE_EXCEEDED, f"{service} did not answer in time")
        case grpc.StatusCode.RESOURCE_EXHAUSTED:
            return errors.ResourceExhaustedError(
                errors.Reason.LIMIT_EXCEEDED, f"the message, or what goes with it, is larger than {service} accepts"
            )
        case grpc.StatusCode.UNIMPLEMENTED:
            return errors.UnimplementedError(
                errors.Reason.UNKNOWN_METHOD, f"what answers in the place of {service} has no such method"
            )
        case code:
            return errors.InternalError(errors.Reason.INTERNAL, f"{service} failed with {code.name}")
