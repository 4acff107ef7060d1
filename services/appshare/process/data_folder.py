"""The folder in which one service keeps what it owns."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from itertools import count
from pathlib import Path

from appshare.process.store_size import measured_store


class FolderInUseError(OSError):
    """Another process uses a folder."""


@contextmanager
def owned_folder(path: Path, *, shared: bool = False) -> Iterator[Path]:
    """The folder, created when missing, that no other process uses while the context is open.

    Args:
        path: named like the service, for the metrics.
        shared: copies of the service may use it too.

    Raises:
        FolderInUseError: another process uses it.
        OSError: it cannot be created.
    """
    with _locked_folder(path, path.name, fcntl.LOCK_SH if shared else fcntl.LOCK_EX):
        yield path


@contextmanager
def folder_of_copy(path: Path) -> Iterator[Path]:
    """The first folder `copy-1`, `copy-2`, … in `path` that no other process uses; as `owned_folder`.

    For what a process puts down while it works, of a service of which several copies may run on one machine.
    """
    with ExitStack() as stack:
        for number in count(1):
            folder = path / f"copy-{number}"
            with suppress(FolderInUseError):
                stack.enter_context(_locked_folder(folder, path.name, fcntl.LOCK_EX))
                break
        yield folder


@contextmanager
def _locked_folder(path: Path, service: str, how: int) -> Iterator[None]:
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = os.open(path / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            # Given up by the system when the process ends, however it ends.
            fcntl.flock(lock, how | fcntl.LOCK_NB)
        except BlockingIOError:
            raise FolderInUseError(f"another process is using {path}: stop it, or take another --data folder") from None
        with measured_store(path, service):
            yield
    finally:
        os.close(lock)
