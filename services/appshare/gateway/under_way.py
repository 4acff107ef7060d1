"""Questions that are asked while another is answered."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

Answer = TypeVar("Answer")


@asynccontextmanager
async def under_way(question: Coroutine[Any, Any, Answer]) -> AsyncIterator[Awaitable[Answer]]:
    """The answer of a question that runs meanwhile; it is given up when the context ends before somebody awaits it."""
    asking = asyncio.create_task(question)
    try:
        yield asking
    finally:
        if not asking.done():  # to wait for what is done takes a turn of the event loop
            asking.cancel()
            await asyncio.wait([asking])
        asking.cancelled() or asking.exception()  # a failure that nobody has waited for counts for nothing
