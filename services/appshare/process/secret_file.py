"""Secrets that a process makes for itself and keeps in a file, which copies of it may share."""

import fcntl
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


def read_or_create(path: Path, create: Callable[[], bytes]) -> bytes:
    """The bytes of the file, made by `create` when there is none yet; only the owner of the process can read it.

    A crash leaves the whole file or none, and two processes that start together agree on one.

    Raises:
        OSError: the file cannot be read or written, or is empty.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not path.exists():
        temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
        try:
            _write_durably(temporary, create())
            os.link(temporary, path)
        except FileExistsError:
            pass  # the other process was first: its secret is the one
        finally:
            temporary.unlink(missing_ok=True)
        _sync_folder(path.parent)
    content = path.read_bytes()
    if not content:
        raise OSError(f"{path} is empty: put the secret back from a backup, or remove the file for a new one")
    return content


def replace(path: Path, content: bytes) -> None:
    """Puts other bytes into the file, durably; a crash leaves the old ones or these.

    Raises:
        OSError: the file cannot be written.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        _write_durably(temporary, content)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    _sync_folder(path.parent)


@contextmanager
def changing(path: Path) -> Iterator[None]:
    """No other process changes the file while the context is open: what was read from it is what is replaced.

    Raises:
        OSError: the file's folder cannot be read.
    """
    lock = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)  # for the time of a write
        yield
    finally:
        os.close(lock)


class Watched:
    """Says when others have changed a file; a look costs some microseconds.

    A file that another takes the place of, as `replace` does it and as mounted secrets are changed, is another one.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[int, int, int] | None = None

    def seen(self) -> None:
        """Says that the file is known as it is now; before it is read: what changes meanwhile is seen the next time."""
        self._seen = self._state()

    @property
    def has_changed(self) -> bool:
        """Whether it is another file than when it was seen last, or another content; False when it is not there."""
        state = self._state()
        return state is not None and state != self._seen

    def _state(self) -> tuple[int, int, int] | None:
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_ino, found.st_mtime_ns, found.st_size


def _write_durably(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(descriptor)


def _sync_folder(path: Path) -> None:
    """Makes the names in the folder durable: what is written under a secret must not outlive it."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
