"""The bytes of packages on their way in and out: filled beside the storage, kept in it, held while they are read."""

import asyncio
import errno
import hashlib
import os
import secrets
import shutil
import stat
from collections import Counter
from collections.abc import AsyncIterator, Collection
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from appshare import errors
from appshare.app_download.file_storage import FileStorage, StoredEntry, StoredFile, translated
from appshare.app_download.storages.local import LocalStorage


class PackageFiles:
    """The files of all packages.

    A crash leaves at most something in `incoming/`, and files that no package refers to.

    Args:
        folder: on this machine; files are filled in its `incoming/`.
        storage: keeps the whole files; None: the folder itself.
    """

    def __init__(self, folder: Path, storage: FileStorage | None = None) -> None:
        self._incoming = folder / "incoming"
        self._storage = storage or LocalStorage(folder)
        self._held: Counter[str] = Counter()
        self._doomed: set[str] = set()
        self._removing = asyncio.Lock()

    def prepare(self) -> None:
        """Creates the folder and removes unfinished files; whole ones stay, whether or not anything refers to them."""
        shutil.rmtree(self._incoming, ignore_errors=True)
        self._incoming.mkdir(parents=True, exist_ok=True, mode=0o700)

    @asynccontextmanager
    async def incoming(self) -> AsyncIterator["IncomingFile"]:
        """A new file to be filled; unless it was kept, nothing of it is left when the context ends."""
        path = self._incoming / secrets.token_hex(16)
        with translated():
            descriptor = await asyncio.to_thread(os.open, path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        file = IncomingFile(path, descriptor)
        try:
            yield file
        finally:
            os.close(descriptor)
            path.unlink(missing_ok=True)

    @asynccontextmanager
    async def unpacking(self) -> AsyncIterator[Path]:
        """A new folder for the parts of a set; unless they were kept, nothing of them is left when the context ends."""
        path = self._incoming / secrets.token_hex(16)
        with translated():
            await asyncio.to_thread(path.mkdir, mode=0o700)
        try:
            yield path
        finally:
            await asyncio.to_thread(shutil.rmtree, path, ignore_errors=True)

    async def unpacked(self, path: Path) -> "FilledFile":
        """A file that another process left in a folder of `unpacking`, as it is: whatever that process says of it."""
        with translated():
            return await asyncio.to_thread(_filled, path)

    async def keep(self, file: "IncomingFile | FilledFile") -> None:
        """Makes a filled file durable under its digest."""
        async with self._removing:
            self._doomed.discard(file.sha256)
        await self._storage.keep(file.path, file.sha256)

    @asynccontextmanager
    async def held(self, digests: Collection[str]) -> AsyncIterator[None]:
        """Files that are needed together until the context ends: one that is removed meanwhile goes only then."""
        self._held.update(digests)
        try:
            yield
        finally:
            self._release(digests)
            if self._doomed.intersection(digests):
                with suppress(errors.UnavailableError):  # it stays doomed, and is no fault of who held it
                    await self._remove_doomed()

    async def remove(self, sha256: str) -> None:
        """Removes a file, as soon as nobody holds it."""
        self._doomed.add(sha256)
        await self._remove_doomed()

    def open(self, sha256: str, size: int) -> AbstractAsyncContextManager[StoredFile]:
        """Opens a file for reading.

        Raises:
            errors.DataLossError: PACKAGE_CORRUPT, when it is missing or has another size.
        """
        return self._storage.open(sha256, size)

    def entries(self) -> AsyncIterator[StoredEntry]:
        """All whole files that there are, in no order."""
        return self._storage.entries()

    def _release(self, digests: Collection[str]) -> None:
        for sha256 in digests:
            self._held[sha256] -= 1
            if not self._held[sha256]:
                del self._held[sha256]

    async def _remove_doomed(self) -> None:
        async with self._removing:
            for sha256 in self._doomed - self._held.keys():
                await self._storage.remove(sha256)
                self._doomed.discard(sha256)


class IncomingFile:
    """A file that is being filled.

    Attributes:
        path: where it is meanwhile.
        size: bytes written so far.
    """

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self.size = 0
        self._descriptor = descriptor
        self._digest = hashlib.sha256()

    @property
    def sha256(self) -> str:
        """The digest of what was written so far, in lower-case hexadecimal."""
        return self._digest.hexdigest()

    async def write(self, data: bytes) -> None:
        """Appends bytes."""
        with translated():
            await asyncio.to_thread(self._write, data)
        self.size += len(data)

    def _write(self, data: bytes) -> None:
        self._digest.update(data)
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(self._descriptor, rest) :]


@dataclass(frozen=True, slots=True)
class FilledFile:
    """A file that is whole and waits to be kept; `size` in bytes, the digest in lower-case hexadecimal."""

    path: Path
    size: int
    sha256: str


def _filled(path: Path) -> FilledFile:
    """Follows no link, which could lead out of the folder."""
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW), "rb") as file:
        facts = os.fstat(file.fileno())
        if not stat.S_ISREG(facts.st_mode):
            raise OSError(errno.EINVAL, "not a file")
        return FilledFile(path, facts.st_size, hashlib.file_digest(file, "sha256").hexdigest())
