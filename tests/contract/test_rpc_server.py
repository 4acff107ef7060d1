"""The one builder of servers: health, reflection, limits, a graceful stop."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from typing import Any

import grpc
import pytest
from google.protobuf.wrappers_pb2 import StringValue
from grpc import StatusCode
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from tests.contract.probe import KINDS, NAME, PING, ProbeStub, answering, probe_service, running_probe
from tests.contract.refusals import refusal

from appshare import errors
from appshare.rpc.address import Address
from appshare.rpc.call import Callee, open_channel
from appshare.rpc.server import ServerOptions, running_server

ANYWHERE = Address("127.0.0.1", 0)
SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING
MIB = 1024 * 1024


@pytest.fixture
def taken() -> Iterator[Address]:
    """An address that somebody else listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield Address("127.0.0.1", listener.getsockname()[1])


async def test_port_0_is_a_free_port_that_is_told() -> None:
    async with running_server(ANYWHERE, []) as one, running_server(ANYWHERE, []) as other:
        assert one.host == other.host == "127.0.0.1"
        assert 0 not in {one.port, other.port}
        assert one.port != other.port


async def test_ipv6_is_served() -> None:
    if not socket.has_ipv6 or not _can_bind_ipv6():
        pytest.skip("no IPv6 on this machine")
    async with running_server(Address("::1", 0), [probe_service(**answering())]) as address:
        assert str(address).startswith("[::1]:")
        async with open_channel(str(address)) as channel:
            assert await ProbeStub(channel).ask("unary_unary") == [PING]


async def test_a_port_that_is_taken_is_refused(taken: Address) -> None:
    with pytest.raises(OSError, match=f"cannot listen on {taken}"):
        async with running_server(taken, []):
            pass


async def test_two_servers_do_not_share_a_port() -> None:
    async with running_server(ANYWHERE, []) as address:
        with pytest.raises(OSError, match="the port is taken"):
            async with running_server(address, []):
                pass


async def test_an_address_that_is_not_ours_is_refused() -> None:
    with pytest.raises(OSError, match=r"cannot listen on 203\.0\.113\.1:0"):  # TEST-NET-3 of RFC 5737
        async with running_server(Address("203.0.113.1", 0), []):
            pass


async def test_a_port_is_free_again_when_its_server_has_stopped() -> None:
    async with running_server(ANYWHERE, []) as address:
        pass
    async with running_server(address, []) as again:
        assert again == address


@pytest.mark.parametrize("service", ["", NAME])
async def test_health_is_serving_while_the_server_runs(service: str) -> None:
    async with running_probe(**answering()) as channel:
        check = health_pb2_grpc.HealthStub(channel).Check
        assert (await check(health_pb2.HealthCheckRequest(service=service))).status == SERVING


async def test_health_of_a_service_that_is_not_there_is_not_found() -> None:
    async with running_probe(**answering()) as channel:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(service="unknown"))
    assert caught.value.code() is StatusCode.NOT_FOUND


@pytest.mark.parametrize("service", ["", NAME])
async def test_who_watches_health_is_told_of_the_stop(service: str) -> None:
    running = running_server(ANYWHERE, [probe_service(**answering())])
    address = await running.__aenter__()
    async with open_channel(str(address)) as channel:
        watch = health_pb2_grpc.HealthStub(channel).Watch(health_pb2.HealthCheckRequest(service=service))
        assert (await watch.read()).status == SERVING
        stopping = asyncio.create_task(running.__aexit__(None, None, None))
        assert (await watch.read()).status == NOT_SERVING
        watch.cancel()
        await stopping


async def test_a_stopping_server_ends_its_calls_and_takes_no_others() -> None:
    running, ending = asyncio.Event(), asyncio.Event()

    async def slow(request: Any, _context: Any) -> Any:
        running.set()
        await ending.wait()
        return request

    server = running_server(ANYWHERE, [probe_service(unary_unary=slow)])
    address = await server.__aenter__()
    async with open_channel(str(address)) as channel:
        call = asyncio.create_task(ProbeStub(channel).ask("unary_unary"))
        await asyncio.wait_for(running.wait(), 5)
        stopping = asyncio.create_task(server.__aexit__(None, None, None))
        check = health_pb2_grpc.HealthStub(channel).Check
        with pytest.raises(errors.UnavailableError):
            while True:  # new calls are refused: that is how it is seen that the stop has begun
                await Callee("the probe").unary(check, health_pb2.HealthCheckRequest())
        ending.set()
        assert await call == [PING]
        await stopping


async def test_a_stopping_server_ends_streams_at_once_in_words_of_its_own() -> None:
    waiting = asyncio.Event()

    async def endless(_request: Any, _context: Any) -> AsyncIterator[Any]:
        yield PING
        await waiting.wait()

    server = running_server(ANYWHERE, [probe_service(unary_stream=endless)])
    address = await server.__aenter__()
    async with open_channel(str(address)) as channel:
        stream = Callee("the probe").stream(ProbeStub(channel).unary_stream, PING)
        assert await anext(stream) == PING
        await server.__aexit__(None, None, None)
        with pytest.raises(errors.UnavailableError) as ended:
            await anext(stream)
    assert ended.value.reason is errors.Reason.SERVICE_STOPPING


async def test_a_stopping_server_ends_a_stream_between_two_messages_whole() -> None:
    going_on, sent = asyncio.Event(), 0

    async def chunks(_request: Any, _context: Any) -> AsyncIterator[Any]:
        nonlocal sent
        while True:
            sent += 1
            yield StringValue(value="x" * 100_000)
            await going_on.wait()

    server = running_server(ANYWHERE, [probe_service(unary_stream=chunks)])
    address = await server.__aenter__()
    received = 0
    async with open_channel(str(address)) as channel:
        stream = Callee("the probe").stream(ProbeStub(channel).unary_stream, PING)
        await anext(stream)
        received += 1
        going_on.set()
        stopping = asyncio.create_task(server.__aexit__(None, None, None))
        with pytest.raises(errors.UnavailableError) as ended:
            async for message in stream:
                assert len(message.value) == 100_000
                received += 1
        await stopping
    assert ended.value.reason is errors.Reason.SERVICE_STOPPING
    assert received == sent


async def test_who_only_watches_health_does_not_hold_up_the_stop() -> None:
    running = running_server(ANYWHERE, [probe_service(**answering())])
    address = await running.__aenter__()
    async with open_channel(str(address)) as channel:
        watch = health_pb2_grpc.HealthStub(channel).Watch(health_pb2.HealthCheckRequest())
        assert (await watch.read()).status == SERVING
        async with asyncio.timeout(15):  # less than running calls have
            await running.__aexit__(None, None, None)


async def test_reflection_lists_the_services() -> None:
    async with running_probe(**answering()) as channel:
        assert await _reflected(channel) == {NAME, "grpc.health.v1.Health", "grpc.reflection.v1alpha.ServerReflection"}


async def test_what_takes_up_all_calls_from_one_queue_serves_the_same() -> None:
    async with running_probe(options=ServerOptions(one_queue=True), **answering()) as channel:
        answers = await asyncio.gather(*(ProbeStub(channel).ask(kind) for kind in KINDS for _ in range(5)))
        assert answers == [[PING]] * 5 * len(KINDS)
        checked = await health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(service=NAME))
        assert checked.status == SERVING
        assert NAME in await _reflected(channel)
        unknown: Any = channel.unary_unary(f"/{NAME}/not_there")
        assert (await refusal(unknown(b""))).reason == "UNKNOWN_METHOD"


async def test_reflection_can_be_switched_off() -> None:
    async with (
        running_server(ANYWHERE, [probe_service(**answering())], ServerOptions(with_reflection=False)) as address,
        open_channel(str(address)) as channel,
    ):
        # Without a message: one that is on its way while the server refuses may end in gRPC's own INTERNAL.
        call = reflection_pb2_grpc.ServerReflectionStub(channel).ServerReflectionInfo()
        assert await call.code() is StatusCode.UNIMPLEMENTED
        assert await ProbeStub(channel).ask("unary_unary") == [PING]


async def test_a_message_up_to_the_limit_goes_through_and_a_larger_one_does_not() -> None:
    received = []

    def act(request: Any) -> Any:
        received.append(len(request.value))
        return PING

    async with running_probe(**answering(act)) as channel:
        stub = ProbeStub(channel)
        assert await stub.ask("unary_unary", StringValue(value="x" * (16 * MIB - 100))) == [PING]
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await stub.ask("unary_unary", StringValue(value="x" * (16 * MIB + 1)))
        assert caught.value.code() is StatusCode.RESOURCE_EXHAUSTED
        assert await stub.ask("unary_unary") == [PING]
    assert received == [16 * MIB - 100, 4]


async def _reflected(channel: grpc.aio.Channel) -> set[str]:
    stub = reflection_pb2_grpc.ServerReflectionStub(channel)

    async def requests() -> Any:
        yield reflection_pb2.ServerReflectionRequest(list_services="")

    [answer] = [answer async for answer in stub.ServerReflectionInfo(requests())]
    return {service.name for service in answer.list_services_response.service}


def _can_bind_ipv6() -> bool:
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False
