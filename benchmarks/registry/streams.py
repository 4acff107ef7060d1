"""Delivery to open streams, over a connection to a process."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from time import perf_counter
from typing import Any

import grpc

from appshare.v1 import friendship_pb2
from appshare.v1 import share_registry_pb2 as pb
from appshare.v1.share_registry_pb2_grpc import ShareRegistryServiceStub
from benchmarks.served import Served

_OPENED_AT_ONCE = 250
"""A gRPC server turns calls away when a thousand wait to be taken."""


@dataclass(frozen=True)
class Idle:
    """What open streams on which nothing happens cost; KiB per stream, and the share of a processor."""

    memory: float
    processor: float


async def deliveries(served: Served, sender: str, viewer: str, package_names: Sequence[str]) -> list[float]:
    """Seconds from the call of a push to its arrival on an open stream, a push per package name."""
    async with grpc.aio.insecure_channel(served.address) as channel:
        stub = ShareRegistryServiceStub(channel)
        stream = stub.StreamInbox(pb.StreamInboxRequest(device_id=viewer))
        await stream.read()
        level = friendship_pb2.FRIENDSHIP_LEVEL_CONFIRMED
        recipients = [pb.RelatedDevice(device_id=viewer, level=level)]
        spent = []
        for name in package_names:
            request = pb.DeliverPushRequest(sender_device_id=sender, recipients=recipients, package_names=[name])
            spent.append(await _arrival(stub.DeliverPush(request), stream))
        stream.cancel()
    return spent


async def bare_deliveries(served: Served, count: int) -> list[float]:
    """Seconds from a call to the arrival of what it sends on an open stream."""
    async with _bare_stream(served, waiting=0) as (channel, stream):
        send: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary("/Bare/send")
        return [await _arrival(send(bytes(200)), stream) for _ in range(count)]


async def drain(served: Served, viewer: str, count: int) -> float:
    """Seconds in which a new stream delivers all that waits."""
    async with grpc.aio.insecure_channel(served.address) as channel:
        start = perf_counter()
        stream = ShareRegistryServiceStub(channel).StreamInbox(pb.StreamInboxRequest(device_id=viewer))
        for _ in range(count + 1):
            await stream.read()
        spent = perf_counter() - start
        stream.cancel()
    return spent


async def bare_drain(served: Served, count: int) -> float:
    """Seconds in which a new stream delivers so many messages."""
    start = perf_counter()
    async with _bare_stream(served, waiting=count) as (_channel, stream):
        for _ in range(count):
            await stream.read()
        return perf_counter() - start


async def idle(served: Served, count: int, seconds: float) -> Idle:
    """Opens streams of as many devices and lets them be for a while."""
    async with grpc.aio.insecure_channel(served.address) as channel:
        open_stream = ShareRegistryServiceStub(channel).StreamInbox
        requests = [pb.StreamInboxRequest(device_id=f"idle-{number}") for number in range(count)]
        return await _idle(served, [partial(open_stream, request) for request in requests], seconds)


async def bare_idle(served: Served, count: int, seconds: float) -> Idle:
    """The same with streams of the bare server."""
    async with grpc.aio.insecure_channel(served.address) as channel:
        return await _idle(served, [partial(_receive(channel), b"0")] * count, seconds)


async def _idle(served: Served, opens: Sequence[Any], seconds: float) -> Idle:
    before = served.resident()
    streams: list[Any] = []
    for first in range(0, len(opens), _OPENED_AT_ONCE):
        opened = [open_stream() for open_stream in opens[first : first + _OPENED_AT_ONCE]]
        await asyncio.gather(*(stream.read() for stream in opened))
        streams += opened
    memory = (served.resident() - before) / len(streams)
    spent = served.processor_time()
    await asyncio.sleep(seconds)
    processor = (served.processor_time() - spent) / seconds
    for stream in streams:
        stream.cancel()
    return Idle(memory, processor)


def _receive(channel: grpc.aio.Channel) -> grpc.aio.UnaryStreamMultiCallable[bytes, bytes]:
    return channel.unary_stream("/Bare/receive")


async def _arrival(call: Any, stream: Any) -> float:
    start = perf_counter()
    sent = asyncio.ensure_future(_done(call))
    await stream.read()
    spent = perf_counter() - start
    await sent
    return spent


async def _done(call: Any) -> None:
    await call


@asynccontextmanager
async def _bare_stream(served: Served, waiting: int) -> AsyncIterator[tuple[grpc.aio.Channel, Any]]:
    async with AsyncExitStack() as stack:
        channel = await stack.enter_async_context(grpc.aio.insecure_channel(served.address))
        stream = _receive(channel)(str(waiting).encode())
        stack.callback(stream.cancel)
        await stream.read()
        yield channel, stream
