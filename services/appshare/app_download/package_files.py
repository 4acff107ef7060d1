"""The bytes of packages: files in a folder, each named by the SHA-256 of what is in it."""

import asyncio
import errno
import hashlib
import os
import secrets
import shutil
import stat
from collections.abc import AsyncIterator, Collection, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from appshare import errors

_UNUSABLE = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO}


class PackageFiles:
    """A folder of package files.

    A file appears under its digest only when it is whole and on disk; a crash leaves at most something in `incoming/`,
    which the next start removes.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._incoming = folder / "incoming"

    def prepare(self, known: Collection[str]) -> None:
        """Creates the folder and removes what a crash left: unfinished files, and files that nothing refers to.

        Args:
            known: the digests that are referred to.
        """
        shutil.rmtree(self._incoming, ignore_errors=True)
        self._incoming.mkdir(parents=True, exist_ok=True, mode=0o700)
        for file in self._folder.glob("??/*"):
            if file.name not in known:
                file.unlink()

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
        with translated():
            await asyncio.to_thread(_move, file.path, self._path(file.sha256))

    async def remove(self, sha256: str) -> None:
        """Removes a file; whoever has it open can still read it."""
        with translated():
            await asyncio.to_thread(self._path(sha256).unlink, missing_ok=True)

    @asynccontextmanager
    async def open(self, sha256: str, size: int) -> AsyncIterator["StoredFile"]:
        """Opens a file for reading.

        Raises:
            errors.DataLossError: PACKAGE_CORRUPT, when it is missing or has another size.
        """
        try:
            descriptor = await asyncio.to_thread(os.open, self._path(sha256), os.O_RDONLY)
        except FileNotFoundError:
            raise _corrupt() from None
        try:
            if os.fstat(descriptor).st_size != size:
                raise _corrupt()
            yield StoredFile(descriptor, size)
        finally:
            os.close(descriptor)

    def _path(self, sha256: str) -> Path:
        return self._folder / sha256[:2] / sha256


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


class StoredFile:
    """A file that is open for reading."""

    def __init__(self, descriptor: int, size: int) -> None:
        self._descriptor = descriptor
        self._size = size

    async def chunks(self, offset: int, chunk_size: int) -> AsyncIterator[tuple[int, bytes]]:
        """The bytes from an offset on, in chunks with their offsets; read only as far as the reader has come.

        Raises:
            errors.DataLossError: PACKAGE_CORRUPT, when the file ends early.
        """
        while offset < self._size:
            data = await asyncio.to_thread(os.pread, self._descriptor, chunk_size, offset)
            if not data:
                raise _corrupt()
            yield offset, data
            offset += len(data)


def _filled(path: Path) -> FilledFile:
    """Follows no link, which could lead out of the folder."""
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW), "rb") as file:
        facts = os.fstat(file.fileno())
        if not stat.S_ISREG(facts.st_mode):
            raise OSError(errno.EINVAL, "not a file")
        return FilledFile(path, facts.st_size, hashlib.file_digest(file, "sha256").hexdigest())


def _move(source: Path, target: Path) -> None:
    """Makes a file durable under another name, which is durable only when its folder is."""
    target.parent.mkdir(exist_ok=True, mode=0o700)
    _sync(source)
    source.replace(target)
    for folder in (target.parent, target.parent.parent):
        _sync(folder)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def translated() -> Iterator[None]:
    """Raises what the disk does to us as a typed error, without a path."""
    try:
        yield
    except OSError as error:
        if error.errno not in _UNUSABLE:
            raise
        raise errors.UnavailableError(
            errors.Reason.STORAGE_UNAVAILABLE,
            f"the folder of packages cannot be written ({errno.errorcode[error.errno]}); nothing was stored",
        ) from error


def _corrupt() -> errors.DataLossError:
    return errors.DataLossError(
        errors.Reason.PACKAGE_CORRUPT, "the stored package is damaged; the operator has to remove it and add it again"
    )
