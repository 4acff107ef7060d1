"""Streams put together."""

import asyncio
from collections.abc import AsyncGenerator
from typing import TypeVar

Message = TypeVar("Message")


async def merged(*streams: AsyncGenerator[Message, None]) -> AsyncGenerator[Message, None]:
    """The first message of each stream, in the order of the streams; from then on messages as they come.

    At most one message of each stream is held: a slow reader holds up the streams. The first stream that ends ends the
    whole, with its error if it has one; however the whole ends, all streams are closed.
    """
    coming = [asyncio.ensure_future(anext(stream, None)) for stream in streams]
    try:
        await asyncio.gather(*coming)
        while True:
            for index, stream in enumerate(streams):
                if coming[index].done():
                    message = coming[index].result()
                    if message is None:
                        return
                    yield message
                    coming[index] = asyncio.ensure_future(anext(stream, None))
            await asyncio.wait(coming, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for each in coming:
            each.cancel()
        await asyncio.gather(*coming, return_exceptions=True)
        for stream in streams:
            await stream.aclose()
