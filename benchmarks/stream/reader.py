"""A process that reads downloads, each on a connection of its own, and does nothing with them.

`python -m benchmarks.stream.reader` reads a `Reading` from its standard input, as JSON, and says "open" when every
stream has sent its first message. Then it prints how long they took from there to their end, in seconds, and how many
bytes came; or, when they are to be held, leaves them unread until its standard input ends.
"""

import asyncio
import json
import sys
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass
from time import perf_counter
from typing import Any

import grpc

_OPTIONS = [("grpc.max_receive_message_length", 16 << 20), ("grpc.use_local_subchannel_pool", 1)]


@dataclass(frozen=True)
class Reading:
    """What to read.

    Attributes:
        request: the request message in hexadecimal.
        token: goes into the metadata; empty: none.
        count: how many at once.
        again: whether each is read over and over until the process is ended.
        held: whether they are opened and then not read.
    """

    address: str
    method: str
    request: str = ""
    token: str = ""
    count: int = 1
    again: bool = False
    held: bool = False

    def json(self) -> str:
        return json.dumps(asdict(self))


async def main(reading: Reading) -> None:
    async with AsyncExitStack() as stack:
        methods: list[Any] = []
        for _ in range(reading.count):
            channel = await stack.enter_async_context(grpc.aio.insecure_channel(reading.address, options=_OPTIONS))
            await channel.channel_ready()
            methods.append(channel.unary_stream(reading.method))
        calls = await asyncio.gather(*(_opened(method, reading) for method in methods))
        print("open", flush=True)
        start = perf_counter()
        if reading.held:
            await asyncio.to_thread(sys.stdin.read)
        else:
            received = sum(await asyncio.gather(*map(_drained, calls)))
            print(perf_counter() - start, received, flush=True)
        while reading.again:
            calls = await asyncio.gather(*(_opened(method, reading) for method in methods))
            await asyncio.gather(*map(_drained, calls))
        for call in calls:
            call.cancel()


async def _opened(method: Any, reading: Reading) -> Any:
    metadata = (("authorization", f"Bearer {reading.token}"),) if reading.token else ()
    call = method(bytes.fromhex(reading.request), metadata=metadata)
    if await call.read() is grpc.aio.EOF:
        raise RuntimeError(await call.details())
    return call


async def _drained(call: Any) -> int:
    received = 0
    while (message := await call.read()) is not grpc.aio.EOF:
        received += len(message)
    return received


if __name__ == "__main__":
    asyncio.run(main(Reading(**json.loads(sys.stdin.readline()))))
