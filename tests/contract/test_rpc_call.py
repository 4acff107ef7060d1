"""Calls to another process: typed errors, time limits, and a service that goes and comes back."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import grpc
import pytest
import structlog
from google.protobuf.wrappers_pb2 import StringValue
from google.rpc import error_details_pb2, status_pb2
from grpc import StatusCode
from tests.contract.probe import PING, ProbeStub, answering, probe_service, running_probe

from appshare import errors
from appshare.errors import Reason
from appshare.rpc import call as calls
from appshare.rpc.address import Address
from appshare.rpc.call import DEFAULT_TIMEOUT, Callee, open_channel, remaining_time
from appshare.rpc.server import running_server

PROBE = Callee("the probe")
ANYWHERE = Address("127.0.0.1", 0)


async def requests(*values: str) -> AsyncIterator[StringValue]:
    for value in values:
        yield StringValue(value=value)


def refusing(_request: Any) -> Any:
    raise errors.NotFoundError(Reason.APP_NOT_FOUND, "no such app")


class TestAnswers:
    async def test_each_kind_of_call_is_answered(self) -> None:
        async with running_probe(**answering()) as channel:
            stub = ProbeStub(channel)
            assert await PROBE.unary(stub.unary_unary, PING) == PING
            assert [answer async for answer in PROBE.stream(stub.unary_stream, PING)] == [PING]
            assert (await PROBE.upload(stub.stream_unary, requests("a", "b"))).value == "b"

    async def test_each_kind_of_call_raises_the_typed_error(self) -> None:
        async with running_probe(**answering(refusing)) as channel:
            stub = ProbeStub(channel)
            for call in (
                PROBE.unary(stub.unary_unary, PING),
                anext(PROBE.stream(stub.unary_stream, PING)),
                PROBE.upload(stub.stream_unary, requests("a")),
            ):
                with pytest.raises(errors.NotFoundError) as caught:
                    await call
                assert (caught.value.reason, caught.value.message) == (Reason.APP_NOT_FOUND, "no such app")
                assert caught.value.__cause__ is None

    async def test_what_was_streamed_before_an_error_is_not_lost(self) -> None:
        async def one_then_error(request: Any, _context: Any) -> AsyncIterator[Any]:
            yield request
            refusing(request)

        async with running_probe(unary_stream=one_then_error) as channel:
            stream = PROBE.stream(ProbeStub(channel).unary_stream, PING)
            assert await anext(stream) == PING
            with pytest.raises(errors.NotFoundError):
                await anext(stream)

    async def test_a_reason_of_a_newer_server_keeps_its_class(self) -> None:
        async with running_probe(unary_unary=_aborting("appshare", "INVENTED_LATER")) as channel:
            with pytest.raises(errors.PermissionDeniedError) as caught:
                await PROBE.unary(ProbeStub(channel).unary_unary, PING)
        assert (caught.value.reason, caught.value.message) == (Reason.INTERNAL, "from elsewhere")

    @pytest.mark.parametrize("message", ["🎈" * 100, "🎈" * 10_000, "x" * 100_000])
    async def test_a_message_that_is_too_long_is_cut_and_the_rest_arrives(self, message: str) -> None:
        def refuse(_request: Any) -> Any:
            raise errors.InvalidArgumentError(Reason.INVALID_FIELD, message, field="name")

        async with running_probe(**answering(refuse)) as channel:
            with pytest.raises(errors.InvalidArgumentError) as caught:
                await PROBE.unary(ProbeStub(channel).unary_unary, PING)
        assert (caught.value.reason, caught.value.field) == (Reason.INVALID_FIELD, "name")
        assert message.startswith(caught.value.message)
        assert len(caught.value.message) >= 100

    async def test_an_error_of_another_system_is_not_taken_for_ours(self) -> None:
        async with running_probe(unary_unary=_aborting("googleapis.com", "LIMIT_EXCEEDED")) as channel:
            with pytest.raises(errors.InternalError) as caught:
                await PROBE.unary(ProbeStub(channel).unary_unary, PING)
        assert caught.value.message == "the probe failed with PERMISSION_DENIED"

    @pytest.mark.parametrize(
        ("code", "error", "reason"),
        [
            (StatusCode.UNAVAILABLE, errors.UnavailableError, Reason.SERVICE_UNAVAILABLE),
            (StatusCode.CANCELLED, errors.UnavailableError, Reason.SERVICE_UNAVAILABLE),
            (StatusCode.DEADLINE_EXCEEDED, errors.DeadlineExceededError, Reason.DEADLINE_EXCEEDED),
            (StatusCode.RESOURCE_EXHAUSTED, errors.ResourceExhaustedError, Reason.LIMIT_EXCEEDED),
            (StatusCode.UNIMPLEMENTED, errors.UnimplementedError, Reason.UNKNOWN_METHOD),
            (StatusCode.UNKNOWN, errors.InternalError, Reason.INTERNAL),
            (StatusCode.PERMISSION_DENIED, errors.InternalError, Reason.INTERNAL),
        ],
    )
    async def test_a_status_of_grpc_itself_becomes_an_error_that_names_the_service(
        self, code: StatusCode, error: type[errors.AppShareError], reason: Reason
    ) -> None:
        async def abort(_request: Any, context: Any) -> Any:
            await context.abort(code, "+8613800138000")

        async with running_probe(unary_unary=abort) as channel:
            with pytest.raises(errors.AppShareError) as caught:
                await PROBE.unary(ProbeStub(channel).unary_unary, PING)
        assert (type(caught.value), caught.value.reason) == (error, reason)
        assert "the probe" in caught.value.message
        assert "13800138000" not in caught.value.message

    async def test_a_method_that_is_not_there_is_another_version(self) -> None:
        async with running_probe(unary_unary=answering()["unary_unary"]) as channel:
            with pytest.raises(errors.UnimplementedError) as caught:
                await anext(PROBE.stream(ProbeStub(channel).unary_stream, PING))
        assert caught.value.reason is Reason.UNKNOWN_METHOD

    async def test_a_message_that_is_too_large_for_the_service(self) -> None:
        async with running_probe(**answering()) as channel:
            with pytest.raises(errors.ResourceExhaustedError) as caught:
                await PROBE.unary(ProbeStub(channel).unary_unary, StringValue(value="x" * (17 * 1024 * 1024)))
        assert caught.value.reason is Reason.LIMIT_EXCEEDED
        assert caught.value.retry_after is None

    async def test_headers_that_are_too_large_for_the_service(self) -> None:
        async with running_probe(**answering()) as channel:
            with pytest.raises(errors.ResourceExhaustedError) as caught:
                await PROBE.unary(ProbeStub(channel).unary_unary, PING, metadata=[("x-large", "x" * 17 * 1024)])
        assert caught.value.reason is Reason.LIMIT_EXCEEDED

    @pytest.mark.parametrize("answer", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x00" * 100, b""])
    async def test_an_answer_in_broken_frames_is_none(self, answer: bytes) -> None:
        async def answer_brokenly(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read(1)
            writer.write(answer)
            writer.close()

        server = await asyncio.start_server(answer_brokenly, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with server, open_channel(f"127.0.0.1:{port}") as channel:
            with pytest.raises(errors.UnavailableError) as caught:
                await PROBE.unary(ProbeStub(channel).unary_unary, PING, time_limit=30)
        assert caught.value.reason is Reason.SERVICE_UNAVAILABLE


class TestUpload:
    async def test_what_the_messages_fail_with_is_raised_as_it_is(self) -> None:
        async def failing() -> AsyncIterator[StringValue]:
            yield PING
            raise OSError("the file is gone")

        async with running_probe(**answering()) as channel:
            with pytest.raises(OSError, match="the file is gone"):
                await PROBE.upload(ProbeStub(channel).stream_unary, failing())

    async def test_a_refusal_before_the_end_of_the_messages_is_raised(self) -> None:
        async def endless() -> AsyncIterator[StringValue]:
            yield PING
            await asyncio.Event().wait()

        async def refuse(requests: Any, _context: Any) -> Any:
            await anext(requests)
            refusing(None)

        async with running_probe(stream_unary=refuse) as channel:
            with pytest.raises(errors.NotFoundError):
                await PROBE.upload(ProbeStub(channel).stream_unary, endless())

    async def test_a_caller_that_is_still_sending_is_told_why_it_is_refused(self) -> None:
        """Every time: of those cut off while they send a message, gRPC answers some for itself, without a reason."""

        async def refuse(_requests: Any, _context: Any) -> Any:
            refusing(None)

        async with running_probe(stream_unary=refuse) as channel:
            method = ProbeStub(channel).stream_unary
            for _ in range(20):
                uploads = [PROBE.upload(method, requests(*"upload" * 3)) for _ in range(20)]
                answers = await asyncio.gather(*uploads, return_exceptions=True)
                assert {type(answer) for answer in answers} == {errors.NotFoundError}

    async def test_a_caller_that_gives_up_is_cancelled(self) -> None:
        sent = asyncio.Event()

        async def waiting() -> AsyncIterator[StringValue]:
            yield PING
            sent.set()
            await asyncio.Event().wait()

        async with running_probe(**answering()) as channel:
            call = asyncio.create_task(PROBE.upload(ProbeStub(channel).stream_unary, waiting()))
            await asyncio.wait_for(sent.wait(), 5)
            call.cancel()
            with pytest.raises(asyncio.CancelledError):
                await call

    async def test_a_service_that_takes_nothing_is_over(self) -> None:
        async def never_read(_requests: Any, _context: Any) -> Any:
            await asyncio.Event().wait()

        async def large() -> AsyncIterator[StringValue]:
            while True:
                yield StringValue(value="x" * 1_000_000)

        async with running_probe(stream_unary=never_read) as channel:
            with pytest.raises(errors.DeadlineExceededError, match=r"the probe took nothing for 0\.2 seconds"):
                await PROBE.upload(ProbeStub(channel).stream_unary, large(), idle_limit=0.2)

    async def test_the_messages_may_take_their_time(self) -> None:
        taken = asyncio.Event()

        async def act(requests: Any, _context: Any) -> Any:
            async for _request in requests:
                taken.set()
            return PING

        async def slow() -> AsyncIterator[StringValue]:
            yield PING
            await taken.wait()
            await asyncio.sleep(0.1)  # longer than the limit: it is not the service that is slow
            yield PING

        async with running_probe(stream_unary=act) as channel:
            assert await PROBE.upload(ProbeStub(channel).stream_unary, slow(), idle_limit=0.05) == PING


class TestIdleStream:
    async def test_a_service_that_sends_nothing_is_over(self) -> None:
        async def silent(request: Any, _context: Any) -> AsyncIterator[Any]:
            yield request
            await asyncio.Event().wait()

        async with running_probe(unary_stream=silent) as channel:
            stream = PROBE.stream(ProbeStub(channel).unary_stream, PING, idle_limit=0.2)
            assert await anext(stream) == PING
            with pytest.raises(errors.DeadlineExceededError, match=r"the probe sent nothing for 0\.2 seconds"):
                await anext(stream)

    async def test_a_call_that_grpc_ends_by_itself_is_no_cancellation_of_ours(self) -> None:
        waiting = asyncio.Event()

        async def wait(_request: Any, _context: Any) -> Any:
            waiting.set()
            await asyncio.Event().wait()

        async with running_probe(unary_unary=wait) as channel:
            call = asyncio.create_task(PROBE.unary(ProbeStub(channel).unary_unary, PING))
            await asyncio.wait_for(waiting.wait(), 5)
            await channel.close()
            with pytest.raises(errors.UnavailableError):
                await call


class TestCancelling:
    async def test_closing_a_stream_early_cancels_the_call(self) -> None:
        ended = asyncio.Event()

        async def endless(request: Any, _context: Any) -> AsyncIterator[Any]:
            try:
                while True:
                    yield request
            finally:
                ended.set()

        async with running_probe(unary_stream=endless) as channel:
            stream = PROBE.stream(ProbeStub(channel).unary_stream, PING)
            assert await anext(stream) == PING
            await stream.aclose()
            await asyncio.wait_for(ended.wait(), 5)

    async def test_a_caller_that_gives_up_cancels_the_call(self) -> None:
        waiting, ended = asyncio.Event(), asyncio.Event()

        async def wait(_request: Any, _context: Any) -> Any:
            waiting.set()
            try:
                await asyncio.Event().wait()
            finally:
                ended.set()

        async with running_probe(unary_unary=wait) as channel:
            call = asyncio.create_task(PROBE.unary(ProbeStub(channel).unary_unary, PING))
            await asyncio.wait_for(waiting.wait(), 5)
            call.cancel()
            with pytest.raises(asyncio.CancelledError):
                await call
            await asyncio.wait_for(ended.wait(), 5)


class TestTime:
    async def test_a_call_that_takes_too_long_is_over(self) -> None:
        async def wait(_request: Any, _context: Any) -> Any:
            await asyncio.Event().wait()

        async with running_probe(unary_unary=wait) as channel:
            with pytest.raises(errors.DeadlineExceededError) as caught:
                await PROBE.unary(ProbeStub(channel).unary_unary, PING, time_limit=0.05)
        assert caught.value.reason is Reason.DEADLINE_EXCEEDED
        assert caught.value.message == "the probe did not answer in time"

    @pytest.mark.parametrize(("limit", "at_most"), [(None, DEFAULT_TIMEOUT), (60, DEFAULT_TIMEOUT), (4, 3.96)])
    async def test_a_hop_has_what_its_caller_has_left(self, limit: float | None, at_most: float) -> None:
        remaining = []

        async def measure(request: Any, context: Any) -> Any:
            remaining.append(remaining_time(context))
            return request

        async with running_probe(unary_unary=measure) as channel:
            await ProbeStub(channel).ask("unary_unary", timeout=limit)
        assert at_most - 2 < remaining[0] <= at_most

    async def test_each_hop_has_less_so_that_the_last_one_is_over_first(self) -> None:
        remaining = []

        async def back(request: Any, context: Any) -> Any:
            remaining.append(context.time_remaining())
            return request

        async with running_probe(unary_unary=back) as behind:

            async def front(request: Any, context: Any) -> Any:
                remaining.append(context.time_remaining())
                stub = ProbeStub(behind)
                return await PROBE.unary(stub.unary_unary, request, time_limit=remaining_time(context))

            async with running_probe(unary_unary=front) as channel:
                await ProbeStub(channel).ask("unary_unary", timeout=5)
        assert remaining[0] - remaining[1] >= 0.04

    async def test_the_callee_that_is_too_slow_is_named_to_the_caller(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(calls, "_HOP_MARGIN", 1.0)  # on a busy machine, too

        async def wait(_request: Any, _context: Any) -> Any:
            await asyncio.Event().wait()

        async with running_probe(unary_unary=wait) as behind:

            async def front(request: Any, context: Any) -> Any:
                stub = ProbeStub(behind)
                return await Callee("the back").unary(stub.unary_unary, request, time_limit=remaining_time(context))

            async with running_probe(unary_unary=front) as channel:
                with pytest.raises(errors.DeadlineExceededError, match="the back did not answer in time"):
                    await PROBE.unary(ProbeStub(channel).unary_unary, PING, time_limit=1.3)

    async def test_with_no_time_left_no_call_is_made(self) -> None:
        refused = asyncio.get_running_loop().create_future()

        async def measure(request: Any, context: Any) -> Any:
            try:
                await asyncio.sleep(context.time_remaining() - 0.04)
            finally:  # also when a busy machine has let the time run out
                with pytest.raises(errors.DeadlineExceededError) as caught:
                    remaining_time(context)
                refused.set_result(caught.value)
            return request

        async with running_probe(unary_unary=measure) as channel:
            await asyncio.gather(ProbeStub(channel).ask("unary_unary", timeout=0.1), return_exceptions=True)
            assert (await asyncio.wait_for(refused, 5)).reason is Reason.DEADLINE_EXCEEDED


class TestRequestId:
    @pytest.mark.parametrize("kind", ["unary", "stream", "upload"])
    async def test_it_goes_from_hop_to_hop(self, kind: str) -> None:
        seen = []

        def act(request: Any) -> Any:
            seen.append(structlog.contextvars.get_contextvars()["request_id"])
            return request

        async with running_probe(**answering(act)) as behind:
            stub = ProbeStub(behind)

            async def front(request: Any, _context: Any) -> Any:
                match kind:
                    case "unary":
                        return await PROBE.unary(stub.unary_unary, request, metadata=[("a", "b")])
                    case "stream":
                        return await anext(PROBE.stream(stub.unary_stream, request))
                    case _:
                        return await PROBE.upload(stub.stream_unary, requests("a"))

            async with running_probe(unary_unary=front) as channel:
                await ProbeStub(channel).ask("unary_unary", metadata=[("x-request-id", "abc")])
        assert seen == ["abc"]

    async def test_outside_of_a_call_there_is_none(self) -> None:
        metadata = []

        async def look(request: Any, context: Any) -> Any:
            metadata.append(dict(context.invocation_metadata()))
            return request

        async with running_probe(unary_unary=look) as channel:
            await PROBE.unary(ProbeStub(channel).unary_unary, PING, metadata=[("a", "b")])
        assert metadata[0]["a"] == "b"
        assert "x-request-id" not in metadata[0]


class TestSlowNetwork:
    async def test_a_connection_that_takes_its_time_is_waited_for(self) -> None:
        async with running_server(ANYWHERE, [probe_service(**answering())]) as address:

            async def connect_late(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                await asyncio.sleep(0.5)  # longer than gRPC's first pauses between attempts
                far_reader, far_writer = await asyncio.open_connection(address.host, address.port)
                await asyncio.gather(_pass_on(reader, far_writer), _pass_on(far_reader, writer))

            async with await asyncio.start_server(connect_late, ANYWHERE.host, 0) as slow:
                port = slow.sockets[0].getsockname()[1]
                async with open_channel(f"{ANYWHERE.host}:{port}") as channel:
                    assert await PROBE.unary(ProbeStub(channel).unary_unary, PING) == PING


class TestServiceThatIsDown:
    @pytest.fixture
    async def nowhere(self) -> Address:
        """An address on which nobody listens any more."""
        async with running_server(ANYWHERE, []) as address:
            return address

    @pytest.mark.parametrize("kind", ["unary", "stream", "upload"])
    async def test_it_is_unavailable_and_worth_another_try(self, nowhere: Address, kind: str) -> None:
        async with open_channel(str(nowhere)) as channel:
            stub = ProbeStub(channel)
            call = {
                "unary": lambda: PROBE.unary(stub.unary_unary, PING),
                "stream": lambda: anext(PROBE.stream(stub.unary_stream, PING)),
                "upload": lambda: PROBE.upload(stub.stream_unary, requests("a")),
            }[kind]
            with pytest.raises(errors.UnavailableError) as caught:
                await call()
        assert caught.value.reason is Reason.SERVICE_UNAVAILABLE
        assert caught.value.retry_after == timedelta(seconds=1)
        assert caught.value.message == "the probe does not answer; try again shortly"
        assert str(nowhere) not in caught.value.message  # where our services are is nobody's business

    async def test_the_same_channel_finds_it_again_when_it_comes_back(self) -> None:
        async with running_server(ANYWHERE, [probe_service(**answering())]) as address:
            channel = open_channel(str(address))
            stub = ProbeStub(channel)
            assert await PROBE.unary(stub.unary_unary, PING) == PING
        async with channel:
            with pytest.raises(errors.UnavailableError):
                await PROBE.unary(stub.unary_unary, PING)
            async with running_server(address, [probe_service(**answering())]):
                async with asyncio.timeout(10):
                    await _until_ready(channel)
                assert await PROBE.unary(stub.unary_unary, PING) == PING

    async def test_a_stream_that_its_server_drops_is_unavailable(self) -> None:
        async def endless(request: Any, _context: Any) -> AsyncIterator[Any]:
            yield request
            await asyncio.Event().wait()

        server = grpc.aio.server()
        probe_service(unary_stream=endless).register(server)
        port = server.add_insecure_port("127.0.0.1:0")
        await server.start()
        async with open_channel(f"127.0.0.1:{port}") as channel:
            stream = PROBE.stream(ProbeStub(channel).unary_stream, PING)
            assert await anext(stream) == PING
            await server.stop(None)
            with pytest.raises(errors.UnavailableError):
                await anext(stream)


def _aborting(domain: str, reason: str) -> Any:
    """A method that answers with an error that this version of AppShare did not make."""

    async def abort(_request: Any, context: Any) -> Any:
        status = status_pb2.Status(code=StatusCode.PERMISSION_DENIED.value[0], message="from elsewhere")
        status.details.add().Pack(error_details_pb2.ErrorInfo(domain=domain, reason=reason))
        trailers = (("grpc-status-details-bin", status.SerializeToString()),)
        await context.abort(StatusCode.PERMISSION_DENIED, "from elsewhere", trailers)

    return abort


async def _until_ready(channel: grpc.aio.Channel) -> None:
    while (state := channel.get_state(try_to_connect=True)) is not grpc.ChannelConnectivity.READY:
        await channel.wait_for_state_change(state)


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65_536):
        writer.write(data)
        await writer.drain()
    writer.close()
