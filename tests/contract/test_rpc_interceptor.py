"""What every call of every service gets, on methods of all four kinds over a real connection."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Any

import grpc
import pytest
import structlog
from google.protobuf.wrappers_pb2 import StringValue
from grpc import StatusCode
from structlog.testing import capture_logs
from tests.contract.probe import KINDS, NAME, PING, ProbeStub, answering, running_probe
from tests.contract.refusals import Refusal, read_refusal, refusal

from appshare import errors
from appshare.errors import Reason
from appshare.rpc.call import Callee
from appshare.rpc.call_log import CallLog
from appshare.rpc.server import ServerOptions

PROBE = Callee("the probe")

TELLING = ServerOptions(watches=[CallLog()])
"""Of a server that also tells of calls that end well."""


@pytest.fixture
def log() -> Iterator[list[Any]]:
    """The events that are logged, with what is bound to them."""
    with capture_logs(processors=[structlog.contextvars.merge_contextvars]) as events:
        yield events


def raising(error: Exception) -> dict[str, Any]:
    def act(_request: Any) -> Any:
        raise error

    return answering(act)


class RaisingInterceptor(grpc.aio.ServerInterceptor):
    def __init__(self, error: Exception) -> None:
        self._error = error

    async def intercept_service(self, continuation: Any, handler_call_details: Any) -> Any:
        raise self._error


class DownForMaintenanceError(errors.UnavailableError):
    """An error of a service's own, of a kind that everybody knows."""


STALE = errors.AbortedError(Reason.STALE_BOOK_VERSION, "it is at version 7", metadata={"current_version": "7"})


@pytest.mark.parametrize("kind", KINDS)
class TestEveryKind:
    async def test_an_answer_goes_through(self, kind: str) -> None:
        async with running_probe(**answering()) as channel:
            assert await ProbeStub(channel).ask(kind) == [PING]

    async def test_a_typed_error_becomes_a_status_with_its_details(self, kind: str) -> None:
        async with running_probe(**raising(STALE)) as channel:
            refused = await refusal(ProbeStub(channel).ask(kind))
        assert refused == Refusal(
            StatusCode.ABORTED, "it is at version 7", "STALE_BOOK_VERSION", {"current_version": "7"}, None, None
        )

    async def test_a_defect_is_told_by_its_incident_and_nothing_else(self, kind: str, log: list[Any]) -> None:
        async with running_probe(**raising(KeyError("+8613800138000"))) as channel:
            refused = await refusal(ProbeStub(channel).ask(kind))
        assert (refused.code, refused.reason) == (StatusCode.INTERNAL, "INTERNAL")
        [incident] = refused.metadata.values()
        assert refused.metadata == {"incident": incident}
        assert incident in refused.message
        assert "13800138000" not in str(refused)
        assert "KeyError" not in str(refused)
        [defect] = [event for event in log if event["event"] == "defect"]
        assert defect["incident"] == incident
        assert defect["exception"] == "KeyError"
        assert any("act" in place for place in defect["trace"])
        assert "13800138000" not in str(log)

    async def test_an_error_of_another_interceptor_becomes_a_status_too(self, kind: str) -> None:
        refusing = RaisingInterceptor(errors.UnauthenticatedError(Reason.MISSING_TOKEN, "no token"))
        async with running_probe([refusing], **answering()) as channel:
            refused = await refusal(ProbeStub(channel).ask(kind))
        assert (refused.code, refused.reason) == (StatusCode.UNAUTHENTICATED, "MISSING_TOKEN")

    async def test_a_defect_of_another_interceptor_is_told_by_its_incident(self, kind: str, log: list[Any]) -> None:
        broken = RaisingInterceptor(RuntimeError("+8613800138000"))
        async with running_probe([broken], **answering()) as channel:
            refused = await refusal(ProbeStub(channel).ask(kind))
        assert refused.reason == "INTERNAL"
        assert "13800138000" not in str(refused)
        assert "13800138000" not in str(log)

    async def test_a_request_that_cannot_be_read_is_invalid(self, kind: str, log: list[Any]) -> None:
        async with running_probe(**answering()) as channel:
            refused = await refusal(ProbeStub(channel, raw=True).ask(kind, b"\xff\xff\xff"))
            assert await ProbeStub(channel).ask(kind) == [PING]
        assert (refused.code, refused.reason) == (StatusCode.INVALID_ARGUMENT, "INVALID_FIELD")
        assert not [event for event in log if event["event"] == "defect"]

    async def test_a_status_that_a_method_sets_itself_stays(self, kind: str, log: list[Any]) -> None:
        async def abort(request: Any, context: Any) -> Any:
            if kind.startswith("stream"):  # whoever still sends is told by gRPC's client just that it was cut off
                _ = [message async for message in request]
            await context.abort(StatusCode.FAILED_PRECONDITION, "my own")

        async def abort_stream(request: Any, context: Any) -> Any:
            yield await abort(request, context)

        behavior = abort_stream if kind.endswith("stream") else abort
        async with running_probe(**{kind: behavior}) as channel:
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await ProbeStub(channel).ask(kind)
        assert (caught.value.code(), caught.value.details()) == (StatusCode.FAILED_PRECONDITION, "my own")
        assert not [event for event in log if event["event"] == "defect"]

    async def test_the_callers_request_id_is_bound_in_every_log(self, kind: str, log: list[Any]) -> None:
        def act(request: Any) -> Any:
            structlog.get_logger().info("inside")
            return request

        async with running_probe(options=TELLING, **answering(act)) as channel:
            await ProbeStub(channel).ask(kind, metadata=[("x-request-id", "abc")])
        assert {event["event"] for event in log} == {"inside", "call"}
        for event in log:
            assert (event["request_id"], event["method"]) == ("abc", f"/{NAME}/{kind}")

    async def test_a_call_without_a_request_id_gets_one_of_its_own(self, kind: str, log: list[Any]) -> None:
        async with running_probe(options=TELLING, **answering()) as channel:
            for _ in range(2):
                await ProbeStub(channel).ask(kind)
        [one, other] = [event["request_id"] for event in log]
        assert one
        assert other
        assert one != other

    async def test_a_failed_call_is_logged_with_its_reason(self, kind: str, log: list[Any]) -> None:
        async with running_probe(**raising(STALE)) as channel:
            await refusal(ProbeStub(channel).ask(kind))
        [event] = log
        assert (event["event"], event["code"], event["reason"]) == ("call", "ABORTED", "STALE_BOOK_VERSION")
        assert "version 7" not in str(event)

    async def test_a_call_that_its_caller_gives_up_is_cancelled_and_no_defect(self, kind: str, log: list[Any]) -> None:
        waiting, cancelled = asyncio.Event(), asyncio.Event()

        async def wait(_request: Any, _context: Any) -> Any:
            waiting.set()
            try:
                await asyncio.Event().wait()
            finally:
                cancelled.set()

        async def wait_stream(request: Any, context: Any) -> AsyncIterator[Any]:
            await wait(request, context)
            yield PING

        behavior = wait_stream if kind.endswith("stream") else wait
        async with running_probe(**{kind: behavior}) as channel:
            call = asyncio.create_task(ProbeStub(channel).ask(kind))
            await asyncio.wait_for(waiting.wait(), 5)
            call.cancel()
            await asyncio.wait_for(cancelled.wait(), 5)
        assert not [event for event in log if event["event"] == "defect"]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.InvalidArgumentError(Reason.INVALID_FIELD, "a: wrong", field="a[3].b"), StatusCode.INVALID_ARGUMENT),
        (errors.UnauthenticatedError(Reason.EXPIRED_TOKEN, "refresh it"), StatusCode.UNAUTHENTICATED),
        (errors.PermissionDeniedError(Reason.NOT_SHARED_WITH_YOU, "no"), StatusCode.PERMISSION_DENIED),
        (errors.NotFoundError(Reason.DEVICE_NOT_FOUND, "gone"), StatusCode.NOT_FOUND),
        (errors.AlreadyExistsError(Reason.REQUEST_ID_REUSED, "taken"), StatusCode.ALREADY_EXISTS),
        (STALE, StatusCode.ABORTED),
        (errors.OutOfRangeError(Reason.POSITION_AHEAD, "not yet"), StatusCode.OUT_OF_RANGE),
        (
            errors.ResourceExhaustedError(Reason.LIMIT_EXCEEDED, "wait", retry_after=timedelta(seconds=2.5)),
            StatusCode.RESOURCE_EXHAUSTED,
        ),
        (
            errors.UnavailableError(Reason.STORAGE_UNAVAILABLE, "full", retry_after=timedelta(days=2)),
            StatusCode.UNAVAILABLE,
        ),
        (errors.DeadlineExceededError(Reason.DEADLINE_EXCEEDED, "late"), StatusCode.DEADLINE_EXCEEDED),
        (errors.DataLossError(Reason.PACKAGE_CORRUPT, "broken"), StatusCode.DATA_LOSS),
        (errors.InternalError(Reason.INTERNAL, "oh", metadata={"incident": "1"}), StatusCode.INTERNAL),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
async def test_an_error_arrives_as_what_it_was_raised(error: errors.AppShareError, code: StatusCode) -> None:
    async with running_probe(**raising(error)) as channel:
        stub = ProbeStub(channel)
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await stub.ask("unary_unary")
        with pytest.raises(errors.AppShareError) as arrived:
            await PROBE.unary(stub.unary_unary, PING)
    assert caught.value.code() is code
    assert read_refusal(caught.value).reason == error.reason
    assert type(arrived.value) is type(error)
    assert vars(arrived.value) == vars(error)


async def test_every_kind_of_error_has_a_status() -> None:
    codes = set()
    kinds = [kind for kind in errors.AppShareError.__subclasses__() if kind.__module__ == errors.__name__]
    for kind in kinds:
        async with running_probe(unary_unary=raising(kind(Reason.INTERNAL, "oh"))["unary_unary"]) as channel:
            codes.add((await refusal(ProbeStub(channel).ask("unary_unary"))).code)
    assert len(codes) == len(kinds)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (DownForMaintenanceError(Reason.SERVICE_UNAVAILABLE, "back at noon"), StatusCode.UNAVAILABLE),
        (errors.AppShareError(Reason.INTERNAL, "of no kind"), StatusCode.INTERNAL),
    ],
)
async def test_an_error_of_a_derived_class_has_the_status_of_its_kind(
    error: errors.AppShareError, code: StatusCode
) -> None:
    async with running_probe(**raising(error)) as channel:
        refused = await refusal(ProbeStub(channel).ask("unary_unary"))
    assert (refused.code, refused.message) == (code, error.message)


@pytest.mark.parametrize("message", ["", "ünï 中文 🎈", "a\nb\ttab", "100 % of %41", " blanks ", "x" * 1000])
async def test_a_message_arrives_as_it_was_written(message: str) -> None:
    async with running_probe(**raising(errors.NotFoundError(Reason.APP_NOT_FOUND, message))) as channel:
        with pytest.raises(errors.NotFoundError) as caught:
            await PROBE.unary(ProbeStub(channel).unary_unary, PING)
    assert caught.value.message == message


async def test_what_was_sent_before_an_error_arrives_before_it() -> None:
    async def some_then_error(_request: Any, _context: Any) -> AsyncIterator[Any]:
        yield StringValue(value="one")
        yield StringValue(value="two")
        raise STALE

    async with running_probe(unary_stream=some_then_error) as channel:
        call = ProbeStub(channel).unary_stream(PING)
        assert [(await call.read()).value, (await call.read()).value] == ["one", "two"]
        assert (await refusal(call.read())).reason == "STALE_BOOK_VERSION"


async def test_a_method_may_write_its_stream_itself() -> None:
    async def write(request: Any, context: Any) -> None:
        await context.write(request)
        await context.write(request)

    async def write_then_fail(request: Any, context: Any) -> None:
        await context.write(request)
        raise STALE

    async with running_probe(unary_stream=write) as channel:
        assert await ProbeStub(channel).ask("unary_stream") == [PING, PING]
    async with running_probe(unary_stream=write_then_fail) as channel:
        assert (await refusal(ProbeStub(channel).ask("unary_stream"))).reason == "STALE_BOOK_VERSION"


@pytest.mark.parametrize("kind", KINDS)
async def test_a_method_that_is_not_there_is_unimplemented(kind: str, log: list[Any]) -> None:
    async with running_probe() as channel:
        refused = await refusal(ProbeStub(channel).ask(kind))
    assert (refused.code, refused.reason) == (StatusCode.UNIMPLEMENTED, "UNKNOWN_METHOD")
    assert [event["method"] for event in log] == ["unknown"]  # what a caller invents is not ours to log


@pytest.mark.parametrize("kind", KINDS)
async def test_a_method_that_a_service_has_not_written_is_unimplemented_too(kind: str, log: list[Any]) -> None:
    """Generated servicers refuse like this, also those of gRPC's own services."""

    def not_written(_request: Any, context: Any) -> Any:
        context.set_code(StatusCode.UNIMPLEMENTED)
        context.set_details("Method not implemented!")
        raise NotImplementedError

    async with running_probe(**{kind: not_written}) as channel:
        refused = await refusal(ProbeStub(channel).ask(kind))
    assert (refused.code, refused.reason) == (StatusCode.UNIMPLEMENTED, "UNKNOWN_METHOD")
    assert not [event for event in log if event["event"] == "defect"]


async def test_a_defect_that_is_called_not_implemented_is_a_defect() -> None:
    async with running_probe(**raising(NotImplementedError())) as channel:
        assert (await refusal(ProbeStub(channel).ask("unary_unary"))).code is StatusCode.INTERNAL


async def test_an_interceptor_is_asked_for_each_call_though_a_handler_is_wrapped_once() -> None:
    class EveryOther(grpc.aio.ServerInterceptor):
        calls = 0

        async def intercept_service(self, continuation: Any, handler_call_details: Any) -> Any:
            self.calls += 1
            if self.calls % 2:
                return await continuation(handler_call_details)
            raise errors.PermissionDeniedError(Reason.NOT_SHARED_WITH_YOU, "not this time")

    async with running_probe([EveryOther()], **answering()) as channel:
        stub = ProbeStub(channel)
        for _ in range(2):
            assert await stub.ask("unary_unary") == [PING]
            assert (await refusal(stub.ask("unary_unary"))).reason == "NOT_SHARED_WITH_YOU"


async def test_a_request_id_is_cut_to_a_length_that_a_log_bears(log: list[Any]) -> None:
    async with running_probe(options=TELLING, **answering()) as channel:
        await ProbeStub(channel).ask("unary_unary", metadata=[("x-request-id", "x" * 1000)])
    assert log[0]["request_id"] == "x" * 64


async def test_whoever_calls_too_often_does_not_fill_the_log(log: list[Any]) -> None:
    too_often = errors.ResourceExhaustedError(Reason.LIMIT_EXCEEDED, "too many calls")
    async with running_probe(**raising(too_often)) as channel:
        await refusal(ProbeStub(channel).ask("unary_unary"))
    assert [event["log_level"] for event in log] == ["debug"]


async def test_what_is_bound_where_the_server_was_started_is_not_in_the_log_of_a_call(log: list[Any]) -> None:
    with structlog.contextvars.bound_contextvars(left_behind=True):
        async with running_probe(options=TELLING, **answering()) as channel:
            await ProbeStub(channel).ask("unary_unary")
    assert "left_behind" not in log[0]
