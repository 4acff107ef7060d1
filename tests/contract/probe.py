"""A service with a method of each of the four kinds, whose behaviour a test sets."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import grpc
from google.protobuf.wrappers_pb2 import StringValue

from appshare.rpc.address import Address
from appshare.rpc.call import open_channel
from appshare.rpc.server import ServerOptions, Service, running_server

NAME = "appshare.test.Probe"
KINDS = ("unary_unary", "unary_stream", "stream_unary", "stream_stream")
PING = StringValue(value="ping")


def probe_service(**behaviors: Callable[..., Any]) -> Service:
    """The service with a method for each kind that has a behavior."""
    handlers = {
        kind: getattr(grpc, f"{kind}_rpc_method_handler")(
            behavior, StringValue.FromString, StringValue.SerializeToString
        )
        for kind, behavior in behaviors.items()
    }
    generic = grpc.method_handlers_generic_handler(NAME, handlers)
    return Service(NAME, lambda server: server.add_generic_rpc_handlers((generic,)))


class ProbeStub:
    """The four methods; `raw` sends and takes bytes."""

    def __init__(self, channel: grpc.aio.Channel, *, raw: bool = False) -> None:
        for kind in KINDS:
            codec = () if raw else (StringValue.SerializeToString, StringValue.FromString)
            setattr(self, kind, getattr(channel, kind)(f"/{NAME}/{kind}", *codec))

    async def ask(self, kind: str, request: Any = PING, **options: Any) -> list[Any]:
        """Makes a call with one request; all that it is answered with."""
        sent = _stream(request) if kind.startswith("stream") else request
        call = getattr(self, kind)(sent, **options)
        return [answer async for answer in call] if kind.endswith("stream") else [await call]


@asynccontextmanager
async def running_probe(
    interceptors: Sequence[grpc.aio.ServerInterceptor] = (),
    options: ServerOptions | None = None,
    **behaviors: Callable[..., Any],
) -> AsyncIterator[grpc.aio.Channel]:
    """Runs a server with the service; a channel to it."""
    service, anywhere = probe_service(**behaviors), Address("127.0.0.1", 0)
    async with (
        running_server(anywhere, [service], options, interceptors=interceptors) as address,
        open_channel(str(address)) as channel,
    ):
        yield channel


def answering(act: Callable[[Any], Any] = lambda request: request) -> dict[str, Callable[..., Any]]:
    """Behaviors of all four kinds that answer each request with what `act` makes of it, or raises."""

    async def unary_unary(request: Any, context: Any) -> Any:
        return act(request)

    async def unary_stream(request: Any, context: Any) -> AsyncIterator[Any]:
        yield act(request)

    async def stream_unary(requests: Any, context: Any) -> Any:
        return [act(request) async for request in requests][-1]

    async def stream_stream(requests: Any, context: Any) -> AsyncIterator[Any]:
        async for request in requests:
            yield act(request)

    return {
        "unary_unary": unary_unary,
        "unary_stream": unary_stream,
        "stream_unary": stream_unary,
        "stream_stream": stream_stream,
    }


async def _stream(*requests: Any) -> AsyncIterator[Any]:
    for request in requests:
        yield request
