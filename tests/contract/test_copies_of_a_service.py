"""Copies of a service behind one channel: calls go to those that serve, and a copy that stops fails none of them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, nullcontext
from dataclasses import dataclass
from typing import Any

import grpc
import pytest
from google.protobuf.wrappers_pb2 import StringValue
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from tests.contract.probe import NAME, ProbeStub, probe_service
from tests.support.name_server import NameServer

from appshare.rpc.address import Address, Addresses
from appshare.rpc.call import open_channel
from appshare.rpc.server import running_server
from appshare.rpc.service_config import service_options

ANYWHERE = Address("127.0.0.1", 0)


@dataclass
class Running:
    address: Address
    server: AbstractAsyncContextManager[Address]


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as stack:
        yield stack


async def copy_that_says(name: str, at: Address = ANYWHERE) -> Running:
    async def answer(_request: Any, _context: Any) -> Any:
        await asyncio.sleep(0)
        return StringValue(value=name)

    server = running_server(at, [probe_service(unary_unary=answer)])
    return Running(await server.__aenter__(), server)


def channel_to(*copies: Running) -> grpc.aio.Channel:
    target = Addresses(tuple(each.address for each in copies)).target
    return open_channel(target, service_options(NAME, []))


async def ask(channel: grpc.aio.Channel) -> str:
    [answer] = await ProbeStub(channel).ask("unary_unary")
    return str(answer.value)


async def until_all_answer(channel: grpc.aio.Channel, *names: str) -> None:
    heard: set[str] = set()
    while heard != set(names):
        heard.add(await ask(channel))


async def test_calls_go_to_all_copies_in_turn(stack: AsyncExitStack) -> None:
    copies = [await copy_that_says(name) for name in ("one", "other")]
    for each in copies:
        stack.push_async_exit(each.server)
    async with channel_to(*copies) as channel:
        await until_all_answer(channel, "one", "other")
        assert sorted([await ask(channel) for _ in range(10)]) == ["one"] * 5 + ["other"] * 5


async def test_a_copy_that_stops_fails_no_call_also_not_one_that_is_sent_once(stack: AsyncExitStack) -> None:
    one, other = await copy_that_says("one"), await copy_that_says("other")
    stack.push_async_exit(other.server)
    async with channel_to(one, other) as channel:
        await until_all_answer(channel, "one", "other")
        stopping = asyncio.create_task(one.server.__aexit__(None, None, None))
        while not stopping.done():
            await asyncio.gather(*(ask(channel) for _ in range(5)))  # raises when one fails
        assert {await ask(channel) for _ in range(4)} == {"other"}


async def test_a_name_is_all_its_addresses_also_those_that_it_gets_when_a_copy_goes(stack: AsyncExitStack) -> None:
    first = await copy_that_says("first")
    hosts = ("127.0.0.2", "127.0.0.3")
    second, third = [await copy_that_says(host, Address(host, first.address.port)) for host in hosts]
    for each in (second, third):
        stack.push_async_exit(each.server)
    names = stack.enter_context(NameServer(["127.0.0.1", hosts[0]]).running())
    target = Addresses.parse(f"dns://{names.address}/copies.test:{first.address.port}").target
    async with open_channel(target, service_options(NAME, [])) as channel:
        await until_all_answer(channel, "first", hosts[0])
        assert sorted([await ask(channel) for _ in range(10)]) == [hosts[0]] * 5 + ["first"] * 5
        names.hosts = hosts
        await first.server.__aexit__(None, None, None)
        await until_all_answer(channel, *hosts)


async def test_a_copy_that_says_it_does_not_serve_gets_no_calls(stack: AsyncExitStack) -> None:
    one, sick = await copy_that_says("one"), await _sick_copy(stack)
    stack.push_async_exit(one.server)
    async with channel_to(one, sick) as channel:
        assert {await ask(channel) for _ in range(10)} == {"one"}


async def _sick_copy(stack: AsyncExitStack) -> Running:
    async def answer(_request: Any, _context: Any) -> Any:
        return StringValue(value="sick")

    server = grpc.aio.server()
    probe_service(unary_unary=answer).register(server)
    checks = health.aio.HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(checks, server)
    await checks.set(NAME, health_pb2.HealthCheckResponse.NOT_SERVING)
    address = Address("127.0.0.1", server.add_insecure_port("127.0.0.1:0"))
    await server.start()
    stack.push_async_callback(server.stop, None)
    return Running(address, nullcontext(address))


async def test_a_copy_that_comes_back_is_found_again(stack: AsyncExitStack) -> None:
    one, other = await copy_that_says("one"), await copy_that_says("other")
    stack.push_async_exit(other.server)
    async with channel_to(one, other) as channel:
        await until_all_answer(channel, "one", "other")
        await one.server.__aexit__(None, None, None)
        again = running_server(one.address, [probe_service(unary_unary=_again)])
        await stack.enter_async_context(again)
        await until_all_answer(channel, "again", "other")


async def _again(_request: Any, _context: Any) -> Any:
    return StringValue(value="again")
