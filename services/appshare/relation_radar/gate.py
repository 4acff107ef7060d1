"""A gate that many pass at a time, and that one may close."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Gate:
    """Lets many in; whoever closes it waits until all have left, and all others wait meanwhile.

    Who is inside must not enter again: a gate that is about to close would keep it waiting for itself.
    """

    def __init__(self) -> None:
        self._inside = 0
        self._open = asyncio.Event()
        self._open.set()
        self._empty = asyncio.Event()
        self._empty.set()
        self._closing = asyncio.Lock()

    @asynccontextmanager
    async def passed(self) -> AsyncIterator[None]:
        """Is inside while the context is open."""
        while not self._open.is_set():
            await self._open.wait()
        self._inside += 1
        self._empty.clear()
        try:
            yield
        finally:
            self._inside -= 1
            if not self._inside:
                self._empty.set()

    @asynccontextmanager
    async def closed(self) -> AsyncIterator[None]:
        """Nobody is inside while the context is open."""
        async with self._closing:
            self._open.clear()
            try:
                await self._empty.wait()
                yield
            finally:
                self._open.set()
