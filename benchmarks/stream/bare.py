"""Bare grpc.aio servers as processes: one that sends a file, and one that passes on what another sends, as bytes.

`python -m benchmarks.stream.bare send FILE CHUNK_SIZE` and `python -m benchmarks.stream.bare pass ADDRESS` print
their addresses.
"""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc

METHOD = "/benchmark.Stream/Download"


def send(file: Path, chunk_size: int) -> Any:
    """A handler that sends a file, read in the event loop: it is in the page cache."""

    async def handle(_request: bytes, _context: Any) -> AsyncIterator[bytes]:
        descriptor = os.open(file, os.O_RDONLY)
        try:
            while data := os.read(descriptor, chunk_size):
                yield data
        finally:
            os.close(descriptor)

    return handle


def pass_on(address: str) -> Any:
    """A handler that passes on what another server sends."""
    channel = grpc.aio.insecure_channel(address, options=[("grpc.max_receive_message_length", 16 << 20)])
    call: Any = channel.unary_stream(METHOD)

    async def handle(request: bytes, _context: Any) -> AsyncIterator[bytes]:
        async for message in call(request):
            yield message

    return handle


async def main(what: str, *arguments: str) -> None:
    handler = send(Path(arguments[0]), int(arguments[1])) if what == "send" else pass_on(arguments[0])
    server = grpc.aio.server()
    handlers: dict[str, Any] = {"Download": grpc.unary_stream_rpc_method_handler(handler)}
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("benchmark.Stream", handlers),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    print(f"127.0.0.1:{port}", flush=True)
    await server.wait_for_termination()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
