"""Package files in a folder of this machine."""

import asyncio
import errno
import mmap
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from appshare.app_download.file_storage import StoredEntry, corrupt, translated

_WOULD_WAIT = {errno.EAGAIN, errno.EOPNOTSUPP}
_HEXADECIMAL = frozenset("0123456789abcdef")


class LocalStorage:
    """A `FileStorage` on a folder: the file with the digest `abcd…` is `ab/abcd…`.

    A file gets its name when its bytes are on disk, and the name is on disk before it is relied on.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def keep(self, path: Path, sha256: str) -> None:
        """Moves a file of the same file system in."""
        with translated():
            await asyncio.to_thread(_move, path, self._path(sha256))

    async def remove(self, sha256: str) -> None:
        """Removes a file; whoever has it open can still read it."""
        with translated():
            await asyncio.to_thread(self._path(sha256).unlink, missing_ok=True)

    @asynccontextmanager
    async def open(self, sha256: str, size: int) -> AsyncIterator["LocalFile"]:
        """Opens a file for reading."""
        try:
            with translated():
                descriptor = await asyncio.to_thread(os.open, self._path(sha256), os.O_RDONLY)
        except FileNotFoundError:
            raise corrupt() from None
        try:
            if os.fstat(descriptor).st_size != size:
                raise corrupt()
            yield LocalFile(descriptor)
        finally:
            os.close(descriptor)

    async def entries(self) -> AsyncIterator[StoredEntry]:
        """All files, in no order."""
        with translated():
            for folder in await asyncio.to_thread(_digest_folders, self._folder):
                for entry in await asyncio.to_thread(_entries, folder):
                    yield entry

    def _path(self, sha256: str) -> Path:
        return self._folder / sha256[:2] / sha256


class LocalFile:
    """A `StoredFile` by its descriptor."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    async def chunks(self, start: int, end: int, chunk_size: int) -> AsyncIterator[memoryview]:
        """The bytes from `start` to before `end`."""
        buffer = memoryview(_whole_pages(min(chunk_size, end - start)))
        with translated():
            while start < end:
                chunk = buffer[: end - start]
                if not self._fill_from_cache(chunk, start):
                    await asyncio.to_thread(self._fill, chunk, start)
                yield chunk
                start += len(chunk)

    def _fill_from_cache(self, chunk: memoryview, offset: int) -> bool:
        """Reads what the page cache holds, at once: a thread would cost more than the reading."""
        try:
            return os.preadv(self._descriptor, [chunk], offset, os.RWF_NOWAIT) == len(chunk)
        except OSError as error:
            if error.errno not in _WOULD_WAIT:
                raise
            return False

    def _fill(self, chunk: memoryview, offset: int) -> None:
        if os.preadv(self._descriptor, [chunk], offset) < len(chunk):
            raise corrupt()


def _whole_pages(size: int) -> mmap.mmap:
    """Memory for at least one byte that begins with a page, as what is copied from the page cache does.

    A large `bytearray` may begin 16 bytes later, and there some processors copy five times slower.
    """
    return mmap.mmap(-1, max(size, 1), flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)


def _move(path: Path, target: Path) -> None:
    _sync(path)
    target.parent.mkdir(exist_ok=True, mode=0o700)
    path.replace(target)
    for folder in (target.parent, target.parent.parent):
        _sync(folder)  # a new name in a folder is durable only when the folder is


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _digest_folders(folder: Path) -> list[Path]:
    return [each for each in folder.iterdir() if len(each.name) == 2 and _HEXADECIMAL.issuperset(each.name)]  # noqa: PLR2004 - as `_path` names them


def _entries(folder: Path) -> list[StoredEntry]:
    return [StoredEntry(each.name, each.stat().st_size) for each in os.scandir(folder) if each.is_file()]
