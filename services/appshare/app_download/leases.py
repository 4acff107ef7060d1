"""What one copy of the service does and no other meanwhile, such as to change the catalogue or to fetch a package."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Protocol

CATALOGUE = "catalogue"
"""The packages and what is decided about them."""
ADAPTATIONS = "adaptations"
"""The operator's rows of the adaptation table."""
UPSTREAMS = "upstreams"
"""Putting an index beside the one in use."""
ROOM = "room"
"""Making room for what comes from upstreams."""


def fetch_of(sha256: str) -> str:
    """The name for fetching a package."""
    return f"fetch-{sha256}"


class Leases(Protocol):
    """Names that are held by one at a time, of all copies of the service.

    Every method raises `errors.UnavailableError` (STORAGE_UNAVAILABLE) when the storage cannot be used, and a context
    that is open when a lease is lost ends with it.
    """

    def held(self, name: str) -> AbstractAsyncContextManager[None]:
        """Holds a name while the context is open; waits until nobody else does."""

    def tried(self, name: str) -> AbstractAsyncContextManager[bool]:
        """Holds a name while the context is open, unless another does: False."""

    async def changed(self) -> None:
        """Returns when a name that another copy holds may be free: after a short while, or when one is told."""


class LocalLeases:
    """`Leases` of the only copy that there is."""

    def __init__(self) -> None:
        self._locks: dict[str, asyncio.Lock] = {}
        self._waiting: dict[str, int] = {}

    @asynccontextmanager
    async def held(self, name: str) -> AsyncIterator[None]:
        """Holds a name while the context is open; waits until nobody else does."""
        lock = self._locks.setdefault(name, asyncio.Lock())
        self._waiting[name] = self._waiting.get(name, 0) + 1
        try:
            async with lock:
                yield
        finally:
            self._waiting[name] -= 1
            if not self._waiting[name]:
                del self._locks[name], self._waiting[name]

    @asynccontextmanager
    async def tried(self, name: str) -> AsyncIterator[bool]:
        """Holds a name while the context is open, unless another does: False."""
        if name in self._locks:
            yield False
            return
        async with self.held(name):
            yield True

    async def changed(self) -> None:
        """Returns when a name may be free."""
        await asyncio.sleep(0.05)
