"""What a server bears, and what its callers are told beyond that."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest
from google.protobuf.wrappers_pb2 import StringValue
from grpc import StatusCode
from grpc_health.v1 import health_pb2, health_pb2_grpc
from tests.contract.probe import KINDS, NAME, PING, ProbeStub, answering, probe_service, running_probe
from tests.contract.refusals import refusal
from tests.e2e.abuse.http2 import opening

from appshare.rpc.address import Address
from appshare.rpc.call import open_channel
from appshare.rpc.server import ServerOptions, running_server
from appshare.rpc.server_limits import ServerLimits
from appshare.rpc.watch import Call


def limited(**limits: Any) -> ServerOptions:
    return ServerOptions(limits=ServerLimits(**limits))


class Recorder:
    """Writes down what a watch is told."""

    def __init__(self, name: str, told: list[Any], refuse: Exception | None = None) -> None:
        self._name, self._told, self._refuse = name, told, refuse

    def begin(self, call: Call) -> None:
        if self._refuse:
            raise self._refuse
        self._told.append((self._name, "begin", call.method.rpartition("/")[2]))

    def end(self, _call: Call, code: StatusCode) -> None:
        self._told.append((self._name, "end", code.name))


@pytest.mark.parametrize("kind", KINDS)
class TestWatches:
    async def test_each_sees_the_call_begin_and_end(self, kind: str) -> None:
        told: list[Any] = []
        options = ServerOptions(watches=[Recorder("one", told), Recorder("two", told)])
        async with running_probe(options=options, **answering()) as channel:
            await ProbeStub(channel).ask(kind)
        assert told == [("one", "begin", kind), ("two", "begin", kind), ("two", "end", "OK"), ("one", "end", "OK")]

    async def test_each_sees_a_failure(self, kind: str) -> None:
        def fail(_request: Any) -> Any:
            raise ValueError

        told: list[Any] = []
        options = ServerOptions(watches=[Recorder("one", told)])
        async with running_probe(options=options, **answering(fail)) as channel:
            await refusal(ProbeStub(channel).ask(kind))
        assert told == [("one", "begin", kind), ("one", "end", "INTERNAL")]

    async def test_who_refuses_is_not_told_of_the_end_and_who_comes_later_of_nothing(self, kind: str) -> None:
        told: list[Any] = []
        watches = [Recorder("one", told), Recorder("two", told, ValueError()), Recorder("three", told)]
        async with running_probe(options=ServerOptions(watches=watches), **answering()) as channel:
            assert (await refusal(ProbeStub(channel).ask(kind))).reason == "INTERNAL"
        assert told == [("one", "begin", kind), ("one", "end", "INTERNAL")]

    async def test_each_sees_that_the_caller_has_given_up(self, kind: str) -> None:
        waiting, ended = asyncio.Event(), asyncio.Event()

        class Ending(Recorder):
            def end(self, call: Call, code: StatusCode) -> None:
                super().end(call, code)
                ended.set()

        async def wait(_request: Any, _context: Any) -> Any:
            waiting.set()
            await asyncio.Event().wait()

        async def wait_stream(request: Any, context: Any) -> AsyncIterator[Any]:
            await wait(request, context)
            yield PING

        told: list[Any] = []
        behavior = {kind: wait_stream if kind.endswith("stream") else wait}
        async with running_probe(options=ServerOptions(watches=[Ending("one", told)]), **behavior) as channel:
            call = asyncio.create_task(ProbeStub(channel).ask(kind))
            await asyncio.wait_for(waiting.wait(), 5)
            call.cancel()
            await asyncio.wait_for(ended.wait(), 5)
        assert told == [("one", "begin", kind), ("one", "end", "CANCELLED")]


class TestCallsAtOnce:
    async def test_one_too_many_is_refused_at_once_and_there_is_room_again_when_another_ends(self) -> None:
        running, go_on = asyncio.Semaphore(0), asyncio.Event()

        async def wait(request: Any, _context: Any) -> Any:
            running.release()
            await go_on.wait()
            return request

        async with running_probe(options=limited(calls=2), unary_unary=wait) as channel:
            stub = ProbeStub(channel)
            calls = [asyncio.create_task(stub.ask("unary_unary")) for _ in range(2)]
            for _ in calls:
                await asyncio.wait_for(running.acquire(), 5)
            refused = await refusal(stub.ask("unary_unary"))
            assert (refused.code, refused.reason) == (StatusCode.RESOURCE_EXHAUSTED, "LIMIT_EXCEEDED")
            assert refused.retry_after == 1
            health = await health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest())
            assert health.status == health_pb2.HealthCheckResponse.SERVING
            go_on.set()
            assert await asyncio.gather(*calls) == [[PING], [PING]]
            assert await stub.ask("unary_unary") == [PING]

    async def test_a_refused_call_frees_its_place(self) -> None:
        async with running_probe(options=limited(calls=1), **answering(lambda _request: 1 / 0)) as channel:
            for _ in range(3):
                assert (await refusal(ProbeStub(channel).ask("unary_unary"))).reason == "INTERNAL"

    async def test_a_connection_keeps_more_calls_waiting_than_it_may_have(self) -> None:
        most, running = 0, 0

        async def count(request: Any, _context: Any) -> Any:
            nonlocal most, running
            running += 1
            most = max(most, running)
            await asyncio.sleep(0)
            running -= 1
            return request

        async with running_probe(options=limited(calls_per_connection=3), unary_unary=count) as channel:
            stub = ProbeStub(channel)
            await stub.ask("unary_unary")  # the first call learns of the limit
            answers = await asyncio.gather(*(stub.ask("unary_unary") for _ in range(20)), return_exceptions=True)
        assert most <= 3
        assert answers.count([PING]) > 3
        # gRPC counts a call until its memory is free: one that comes too soon behind it is refused, to be made again.
        refused = [answer.code() for answer in answers if isinstance(answer, grpc.aio.AioRpcError)]
        assert refused == [StatusCode.UNAVAILABLE] * (20 - answers.count([PING]))


@pytest.mark.parametrize("kind", ["unary_unary", "unary_stream"])
class TestMessageThatDoesNotCome:
    """The caller begins a call of a method that takes one message as if it took a stream, and sends none."""

    @staticmethod
    def begin(channel: grpc.aio.Channel, kind: str) -> Any:
        make = channel.stream_stream if kind.endswith("stream") else channel.stream_unary
        return make(f"/{NAME}/{kind}", StringValue.SerializeToString, StringValue.FromString)()

    async def test_the_call_is_over_after_a_while(self, kind: str) -> None:
        async with running_probe(options=limited(idle=0.2), **answering()) as channel:
            refused = await refusal(settled(self.begin(channel, kind)))
        assert (refused.code, refused.reason) == (StatusCode.DEADLINE_EXCEEDED, "DEADLINE_EXCEEDED")
        assert refused.message == "the caller sent nothing for 0.2 seconds"

    async def test_the_call_counts_as_running(self, kind: str) -> None:
        told: list[Any] = []
        begun = asyncio.Event()

        class Beginning(Recorder):
            def begin(self, call: Call) -> None:
                super().begin(call)
                begun.set()

        options = ServerOptions(limits=ServerLimits(calls=1), watches=[Beginning("one", told)])
        async with running_probe(options=options, **answering()) as channel:
            call = self.begin(channel, kind)
            await asyncio.wait_for(begun.wait(), 10)
            refused = await refusal(ProbeStub(channel).ask("unary_unary"))
            call.cancel()
        assert refused.reason == "LIMIT_EXCEEDED"

    async def test_a_call_that_ends_without_one_is_invalid(self, kind: str) -> None:
        async with running_probe(**answering()) as channel:
            call = self.begin(channel, kind)
            await call.done_writing()
            refused = await refusal(settled(call))
        assert (refused.code, refused.reason) == (StatusCode.INVALID_ARGUMENT, "INVALID_FIELD")


async def settled(call: Any) -> None:
    """Waits for the end of a call of either kind."""
    await (call if isinstance(call, grpc.aio.StreamUnaryCall) else call.read())


class TestConnections:
    async def test_one_too_many_is_closed_and_there_is_room_again_when_another_goes(self) -> None:
        anywhere, service = Address("127.0.0.1", 0), probe_service(**answering())
        async with running_server(anywhere, [service], limited(connections=2)) as address:
            silent = [await asyncio.open_connection(address.host, address.port) for _ in range(2)]
            for reader, _writer in silent:
                assert await reader.read(1)  # the server has let it in: it speaks first
            late, late_writer = await asyncio.open_connection(address.host, address.port)
            assert await late.read() == b""
            for writer in (late_writer, *(writer for _reader, writer in silent)):
                writer.close()
                await writer.wait_closed()
            async with open_channel(str(address)) as channel:
                assert await ProbeStub(channel).ask("unary_unary", wait_for_ready=True, timeout=10) == [PING]

    async def test_one_that_says_nothing_but_hello_is_closed_after_a_while(self) -> None:
        anywhere, service = Address("127.0.0.1", 0), probe_service(**answering())
        async with running_server(anywhere, [service], limited(connection_idle=0.2)) as address:
            reader, writer = await asyncio.open_connection(address.host, address.port)
            writer.write(opening())
            await asyncio.wait_for(reader.read(), 60)
            writer.close()

    def test_a_port_has_a_limit_unless_it_is_given_none(self) -> None:
        name = "grpc.max_allowed_incoming_connections"
        assert dict(ServerLimits().channel_options())[name] == 1_000
        assert name not in dict(ServerLimits(connections=None).channel_options())


class TestIdle:
    async def test_a_caller_that_sends_nothing_is_over(self) -> None:
        async with running_probe(options=limited(idle=0.2), **answering()) as channel:
            call = ProbeStub(channel).stream_unary()
            await call.write(PING)
            refused = await refusal(call)
        assert (refused.code, refused.reason) == (StatusCode.DEADLINE_EXCEEDED, "DEADLINE_EXCEEDED")
        assert refused.message == "the caller sent nothing for 0.2 seconds"

    async def test_a_caller_that_takes_nothing_frees_what_the_method_holds(self) -> None:
        freed = asyncio.Event()

        async def flood(_request: Any, _context: Any) -> AsyncIterator[Any]:
            try:
                while True:
                    yield StringValue(value="x" * 1_000_000)
            finally:
                freed.set()

        async with running_probe(options=limited(idle=0.2), unary_stream=flood) as channel:
            call = ProbeStub(channel).unary_stream(PING)
            await call.read()
            await asyncio.wait_for(freed.wait(), 10)
            call.cancel()

    async def test_a_stream_that_waits_for_something_to_happen_is_not_idle(self) -> None:
        async def event_later(request: Any, _context: Any) -> AsyncIterator[Any]:
            yield request
            await asyncio.sleep(0.3)
            yield request

        async with running_probe(options=limited(idle=0.1), unary_stream=event_later) as channel:
            assert await ProbeStub(channel).ask("unary_stream") == [PING, PING]


class TestSizes:
    async def test_headers_beyond_the_limit_are_refused_by_grpc_itself(self) -> None:
        async with running_probe(**answering()) as channel:
            stub = ProbeStub(channel)
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await stub.ask("unary_unary", metadata=[("x-large", "x" * 17 * 1024)])
            assert caught.value.code() is StatusCode.RESOURCE_EXHAUSTED
            assert await stub.ask("unary_unary", metadata=[("x-large", "x" * 12 * 1024)]) == [PING]

    async def test_more_headers_than_anybody_needs_are_refused(self) -> None:
        async with running_probe(options=limited(headers=20), **answering()) as channel:
            stub = ProbeStub(channel)
            refused = await refusal(stub.ask("unary_unary", metadata=[("x-many", "x")] * 21))
            assert (refused.code, refused.reason) == (StatusCode.RESOURCE_EXHAUSTED, "LIMIT_EXCEEDED")
            assert refused.retry_after is None
            assert await stub.ask("unary_unary", metadata=[(f"x-{index}", "x") for index in range(15)]) == [PING]
