"""A file that is read while it comes in, by as many as want to, each at their own pace."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

from appshare import errors
from appshare.app_download.package_files import IncomingFile

HELD_BACK = 64 * 1024
"""Bytes at the end of a file that nobody gets before all of it is verified; of a shorter one nobody gets anything."""


class FetchedFile:
    """The bytes of a fetch, as far as they are there.

    Whoever reads is behind nobody and keeps nothing in memory: all read from the disk, through one descriptor, which
    holds the bytes wherever the file is moved to, and also when it is gone.

    Args:
        size: bytes that there will be.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._file: IncomingFile | None = None
        self._descriptor = -1
        self._readers = 0
        self._over = False
        self._failure: errors.AppShareError | None = None
        self._changed = asyncio.Condition()

    async def follow(self, file: IncomingFile) -> None:
        """Says where the bytes are."""
        self._descriptor = os.open(file.path, os.O_RDONLY)
        self._file = file
        await self.grown()

    async def grown(self) -> None:
        """Says that there are more bytes."""
        async with self._changed:
            self._changed.notify_all()

    async def end(self, failure: errors.AppShareError | None) -> None:
        """Says that the file is verified and may be read to its end, or why it never will be."""
        self._over, self._failure = True, failure
        self._close_when_done()
        await self.grown()

    @contextmanager
    def reading(self) -> Iterator["FetchedFile"]:
        """Reads the file while the context is open; to be entered before the file has ended."""
        self._readers += 1
        try:
            yield self
        finally:
            self._readers -= 1
            self._close_when_done()

    async def chunks(self, start: int, end: int, chunk_size: int) -> AsyncIterator[bytes]:
        """The bytes from `start` to before `end`, in chunks, as they come in.

        Raises:
            errors.AppShareError: what the fetch failed with; the end of the file was not given out then.
        """
        while start < end:
            allowed = min(await self._readable(start), end)
            data = await asyncio.to_thread(os.pread, self._descriptor, min(chunk_size, allowed - start), start)
            yield data
            start += len(data)

    @property
    def is_followed(self) -> bool:
        """Whether the bytes are, or were, where this process can read them."""
        return self._file is not None

    async def comes_in_here(self) -> bool:
        """Waits for the first byte; False: another copy of the service has fetched the file and kept it.

        Raises:
            errors.AppShareError: what the fetch failed with.
        """
        async with self._changed:
            await self._changed.wait_for(lambda: self._over or self.is_followed)
        if self._failure and not self.is_followed:
            raise self._failure
        return self.is_followed

    async def verified(self) -> None:
        """Waits for the end.

        Raises:
            errors.AppShareError: what the fetch failed with.
        """
        await self._readable(self._size - 1)

    async def _readable(self, offset: int) -> int:
        """Waits until the byte at an offset may be read; returns how many bytes may be, from the first one on."""
        async with self._changed:
            await self._changed.wait_for(lambda: self._over or self._allowed() > offset)
        if self._failure:
            raise self._failure
        return self._allowed()

    def _allowed(self) -> int:
        if self._over:
            return self._size
        there = self._file.size if self._file else 0
        return min(there, self._size - HELD_BACK)

    def _close_when_done(self) -> None:
        if self._over and not self._readers and self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
