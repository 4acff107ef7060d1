"""A file while it is downloaded: NAME.part, beside NAME.part.sha256 which says of what content it is a part."""

import errno
import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from appshare import errors
from appshare.fit.answer import PackageFile

_PART, _SIDECAR = ".part", ".part.sha256"
_LONGEST_NAME = 255 - len(_SIDECAR)
_READ_SIZE = 1 << 20
_NO_SPACE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def require_plain_name(name: str) -> str:
    """The name, when it can only be that of a file in the folder where it is put.

    Raises:
        errors.InternalError: anything else; no server of ours says that.
    """
    hidden_or_ours = name.startswith(".") or name.endswith((_PART, _SIDECAR))
    parts_or_controls = any(character in "/\\:" or ord(character) < ord(" ") for character in name)
    if not name or hidden_or_ours or parts_or_controls or len(os.fsencode(name)) > _LONGEST_NAME:
        raise errors.InternalError(
            errors.Reason.INTERNAL, f"the server names a file {name!r}: not a plain file name; nothing was written"
        )
    return name


@dataclass(frozen=True)
class Held:
    """What is in a folder of a file already.

    Attributes:
        count: bytes.
        finished: the file has its name; nothing is left to do.
    """

    count: int
    finished: bool = False


def look_for(folder: Path, file: PackageFile) -> Held:
    """What is in the folder of a file: the finished file, byte for byte, or a part of it."""
    target = folder / require_plain_name(file.name)
    if target.is_file() and target.stat().st_size == file.size and _digest(target) == file.sha256:
        return Held(file.size, finished=True)
    try:
        same_content = (folder / f"{file.name}{_SIDECAR}").read_text(encoding="ascii").strip() == file.sha256
        size = (folder / f"{file.name}{_PART}").stat().st_size
    except (FileNotFoundError, ValueError):
        return Held(0)
    return Held(min(size, file.size) if same_content else 0)


class PartFile:
    """Takes the bytes of one file in order; closing it keeps the part.

    Args:
        held: bytes of the part to go on behind; what is behind them is cut off.

    Raises:
        OSError: the folder cannot be written, or another program is downloading the file.
        errors.DataLossError: PACKAGE_CORRUPT, when the part is complete and is not what was announced.
    """

    def __init__(self, folder: Path, file: PackageFile, held: int) -> None:
        self._file = file
        self._target = folder / require_plain_name(file.name)
        self._path = folder / f"{file.name}{_PART}"
        self._sidecar = folder / f"{file.name}{_SIDECAR}"
        self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
        try:
            self._lock()
            os.truncate(self._descriptor, held)
            if not held:
                with _told_about_space(self._sidecar):
                    self._sidecar.write_text(f"{file.sha256}\n", encoding="ascii")
            self._hash = self._hash_of_held()
            self._position = held
            self._verify_when_complete()
        except BaseException:
            self.close()
            raise

    def write(self, offset: int, data: bytes) -> None:
        """Appends bytes; the last ones show whether the content is what was announced.

        Raises:
            OSError: the disk is full; the part is kept.
            errors.InternalError: the bytes are not the next ones.
            errors.DataLossError: PACKAGE_CORRUPT, when the content is not what was announced; the part is deleted.
        """
        if offset != self._position or offset + len(data) > self._file.size:
            raise errors.InternalError(
                errors.Reason.INTERNAL, f"the server sent bytes of {self._file.name} that are not the next ones"
            )
        rest = memoryview(data)
        while rest:
            with _told_about_space(self._path):
                count = os.write(self._descriptor, rest)
            self._hash.update(rest[:count])
            self._position += count
            rest = rest[count:]
        self._verify_when_complete()

    def require_complete(self) -> None:
        """Refuses a part.

        Raises:
            errors.UnavailableError: SERVICE_UNAVAILABLE, when bytes are missing.
        """
        if self._position < self._file.size:
            raise errors.UnavailableError(
                errors.Reason.SERVICE_UNAVAILABLE, f"the server sent only a part of {self._file.name}; try again"
            )

    def publish(self) -> None:
        """Gives the file its name, at once and for good."""
        with _told_about_space(self._path):
            os.fsync(self._descriptor)
        self._path.replace(self._target)
        self._sidecar.unlink()

    def close(self) -> None:
        """Ends the writing."""
        os.close(self._descriptor)

    def _lock(self) -> None:
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            message = "another program is downloading this file; wait for it"
            raise OSError(errno.EBUSY, message, str(self._path)) from None

    def _hash_of_held(self) -> "hashlib._Hash":
        digest = hashlib.sha256()
        while piece := os.read(self._descriptor, _READ_SIZE):
            digest.update(piece)
        return digest

    def _verify_when_complete(self) -> None:
        if self._position < self._file.size or self._hash.hexdigest() == self._file.sha256:
            return
        self._path.unlink()
        self._sidecar.unlink()
        raise errors.DataLossError(
            errors.Reason.PACKAGE_CORRUPT,
            f"{self._file.name} is not what was announced (its SHA-256 differs); it was deleted: download it again",
        )


def _digest(path: Path) -> str:
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


@contextmanager
def _told_about_space(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in _NO_SPACE:
            message = "the disk is full; what is there is kept: make room and run the same command again"
            raise OSError(error.errno, message, str(path)) from error
        raise
