import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

import pytest

from appshare import errors
from appshare.gateway.merging import merged


class Source:
    """A stream that a test feeds.

    Attributes:
        taken: how many messages have been asked for.
    """

    def __init__(self, *messages: str) -> None:
        self._queue: asyncio.Queue[str | Exception | None] = asyncio.Queue()
        self.taken = 0
        self.closed = False
        for message in messages:
            self._queue.put_nowait(message)

    def put(self, message: str | Exception | None) -> None:
        self._queue.put_nowait(message)

    async def stream(self) -> AsyncGenerator[str, None]:
        try:
            while True:
                self.taken += 1
                message = await self._queue.get()
                if message is None:
                    return
                if isinstance(message, Exception):
                    raise message
                yield message
        finally:
            self.closed = True


async def test_the_first_messages_come_in_the_order_of_the_streams() -> None:
    one, other = Source(), Source("other 1", "other 2")
    async with aclosing(merged(one.stream(), other.stream())) as messages:
        first = asyncio.ensure_future(anext(messages))
        await asyncio.sleep(0)
        assert not first.done()
        one.put("one 1")
        assert await first == "one 1"
        assert await anext(messages) == "other 1"
        assert await anext(messages) == "other 2"


async def test_messages_come_whichever_stream_they_are_from() -> None:
    one, other = Source("one 1"), Source("other 1")
    async with aclosing(merged(one.stream(), other.stream())) as messages:
        assert [await anext(messages), await anext(messages)] == ["one 1", "other 1"]
        for source, message in ((other, "b"), (other, "c"), (one, "d"), (other, "e")):
            source.put(message)
            assert await anext(messages) == message


async def test_a_slow_reader_holds_up_the_streams() -> None:
    one, other = Source(*map(str, range(100))), Source(*map(str, range(100)))
    async with aclosing(merged(one.stream(), other.stream())) as messages:
        for _ in range(10):
            await anext(messages)
        for _ in range(100):
            await asyncio.sleep(0)
        assert one.taken + other.taken <= 10 + 2  # at most one of each is held


@pytest.mark.parametrize("before", [[], ["first"]])
async def test_an_error_of_either_ends_the_whole(before: list[str]) -> None:
    one, other = Source(*before), Source(*before)
    other.put(errors.UnavailableError(errors.Reason.SERVICE_UNAVAILABLE, "gone"))
    with pytest.raises(errors.UnavailableError):
        async for _ in merged(one.stream(), other.stream()):
            pass
    assert (one.closed, other.closed) == (True, True)


async def test_the_end_of_either_ends_the_whole() -> None:
    one, other = Source("one 1"), Source("other 1")
    one.put(None)
    assert [message async for message in merged(one.stream(), other.stream())] == ["one 1", "other 1"]
    assert (one.closed, other.closed) == (True, True)


async def test_closing_closes_both() -> None:
    one, other = Source("one 1"), Source("other 1")
    messages = merged(one.stream(), other.stream())
    await anext(messages)
    await messages.aclose()
    assert (one.closed, other.closed) == (True, True)


async def test_cancelling_the_reader_closes_both() -> None:
    one, other = Source("one 1"), Source("other 1")
    begun = asyncio.Event()

    async def read() -> None:
        async with aclosing(merged(one.stream(), other.stream())) as messages:
            async for _ in messages:
                begun.set()

    reader = asyncio.create_task(read())
    await begun.wait()
    reader.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reader
    assert (one.closed, other.closed) == (True, True)
