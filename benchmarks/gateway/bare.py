"""Bare grpc.aio servers as processes: hops and sizes of ours, and no work at all.

`python -m benchmarks.gateway.bare` is a service: the first bytes of a request say how long its answer is.
`python -m benchmarks.gateway.bare ADDRESS…` is a gateway in front of such services; a request's metadata says what it
asks of them, one after the other, and how long its own answer is. Both print their address.
"""

import asyncio
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import grpc

from benchmarks.served import Served, running_process

SERVICE_METHOD, GATEWAY_METHOD = "/Bare/answer", "/Bare/ask"
HOPS_KEY = "hops"

_LENGTH = 4
_TIMEOUT = 15.0


@dataclass(frozen=True)
class Bare:
    """The running gateway and the services behind it."""

    gateway: Served
    services: Sequence[Served]


@contextmanager
def bare_cloud(services: int) -> Iterator[Bare]:
    """Runs a gateway in front of so many services."""
    with ExitStack() as stack:
        behind = [stack.enter_context(_running()) for _ in range(services)]
        yield Bare(stack.enter_context(_running(*(each.address for each in behind))), behind)


@contextmanager
def _running(*arguments: str) -> Iterator[Served]:
    with running_process("-m", "benchmarks.gateway.bare", *arguments, speaks_on="stdout") as (line, process_id):
        yield Served(line.strip(), process_id)


def hops_metadata(hops: Sequence[tuple[int, int, int]], answer: int) -> tuple[str, str]:
    """What the gateway is to do: (service, bytes of the request, bytes of the answer) each, and bytes of its own."""
    return HOPS_KEY, json.dumps([hops, answer])


async def _answer(request: bytes, _context: Any) -> bytes:
    return bytes(int.from_bytes(request[:_LENGTH]))


def _asking(addresses: Sequence[str]) -> Any:
    calls: list[Any] = [grpc.aio.insecure_channel(each).unary_unary(SERVICE_METHOD) for each in addresses]
    known: dict[str, tuple[list[tuple[Any, bytes]], bytes]] = {}

    def planned(text: str) -> tuple[list[tuple[Any, bytes]], bytes]:
        hops, answer = json.loads(text)
        requests = [(calls[where], size.to_bytes(_LENGTH).ljust(length, b"x")) for where, length, size in hops]
        return requests, bytes(answer)

    async def ask(_request: bytes, context: Any) -> bytes:
        text = next(value for key, value in context.invocation_metadata() if key == HOPS_KEY)
        if text not in known:
            known[text] = planned(text)
        requests, answer = known[text]
        for call, request in requests:
            await call(request, timeout=_TIMEOUT)
        return answer

    return ask


async def main(addresses: Sequence[str]) -> None:
    server = grpc.aio.server()
    name, answer = ("ask", _asking(addresses)) if addresses else ("answer", _answer)
    handlers: dict[str, Any] = {name: grpc.unary_unary_rpc_method_handler(answer)}
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("Bare", handlers),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    print(f"127.0.0.1:{port}", flush=True)
    await server.wait_for_termination()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
