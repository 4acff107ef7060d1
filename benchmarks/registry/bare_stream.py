"""A bare grpc.aio server as a process: a method that hands bytes to all open streams, and the streams.

`python -m benchmarks.registry.bare_stream` prints its address. The first bytes of a stream say how many messages it
sends at once before it waits.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import grpc

MESSAGE = bytes(200)
HEARTBEAT = 20.0

_streams: set["asyncio.Queue[bytes]"] = set()


async def send(request: bytes, _context: Any) -> bytes:
    for stream in _streams:
        stream.put_nowait(request)
    return b""


async def receive(request: bytes, _context: Any) -> AsyncIterator[bytes]:
    queue: asyncio.Queue[bytes] = asyncio.Queue()
    _streams.add(queue)
    try:
        yield b"open"
        for _ in range(int(request)):
            yield MESSAGE
        while True:
            try:
                async with asyncio.timeout(HEARTBEAT):
                    yield await queue.get()
            except TimeoutError:
                yield b"heartbeat"
    finally:
        _streams.discard(queue)


async def main() -> None:
    server = grpc.aio.server()
    handlers: dict[str, grpc.RpcMethodHandler[bytes, bytes]] = {
        "send": grpc.unary_unary_rpc_method_handler(send),
        "receive": grpc.unary_stream_rpc_method_handler(receive),
    }
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("Bare", handlers),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    print(f"127.0.0.1:{port}", flush=True)
    await server.wait_for_termination()


if __name__ == "__main__":
    asyncio.run(main())
