"""What keeps the bytes of package files, each under the SHA-256 of what is in it."""

import errno
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeAlias

from appshare import errors

Data: TypeAlias = bytes | memoryview

_UNUSABLE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO}


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """A file as a storage lists it; `size` in bytes."""

    sha256: str
    size: int


class StoredFile(Protocol):
    """A file that is open for reading."""

    def chunks(self, start: int, end: int, chunk_size: int) -> AsyncIterator[Data]:
        """The bytes from `start` to before `end`; all chunks but the last are of the size.

        Only what is asked for next is read, and may be read into the place of the chunk before: a reader that stops
        costs one chunk.

        Raises:
            errors.DataLossError: PACKAGE_CORRUPT, when the file ends early.
        """


class FileStorage(Protocol):
    """A place for files; every implementation passes the same contract tests.

    Every method raises `errors.UnavailableError` (STORAGE_UNAVAILABLE) when the place cannot be used.
    """

    async def keep(self, path: Path, sha256: str) -> None:
        """Takes a file in, which is durable and whole under its digest when this returns, and not there before.

        Args:
            path: where it is now; it may be moved away.
        """

    async def remove(self, sha256: str) -> None:
        """Removes a file; one that is not there is no error."""

    def open(self, sha256: str, size: int) -> AbstractAsyncContextManager[StoredFile]:
        """Opens a file for reading.

        Raises:
            errors.DataLossError: PACKAGE_CORRUPT, when it is missing or has another size.
        """

    def entries(self) -> AsyncIterator[StoredEntry]:
        """All files, in no order."""


def corrupt() -> errors.DataLossError:
    """The error for a file that is not what was stored."""
    return errors.DataLossError(
        errors.Reason.PACKAGE_CORRUPT, "the stored package is damaged; the operator has to remove it and add it again"
    )


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
            f"the folder of packages cannot be used ({errno.errorcode[error.errno]}); nothing was changed",
        ) from error
