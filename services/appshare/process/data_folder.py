"""The folder in which one service keeps what it owns."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from appshare.process.store_size import measured_store
from appshare.process.worker import worker_index


@contextmanager
def owned_folder(path: Path, *, shared: bool = False) -> Iterator[Path]:
    """The folder, created when missing, that no other process uses while the context is open, but workers of one port.

    Args:
        shared: copies of the service may use it too.

    Raises:
        OSError: it cannot be created, or another process uses it.
    """
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = os.open(path / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            # Given up by the system when the process ends, however it ends.
            how = fcntl.LOCK_EX if worker_index() is None and not shared else fcntl.LOCK_SH
            fcntl.flock(lock, how | fcntl.LOCK_NB)
        except BlockingIOError:
            raise OSError(f"another process is using {path}: stop it, or take another --data folder") from None
        with measured_store(path):
            yield path
    finally:
        os.close(lock)
