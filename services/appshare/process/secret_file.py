"""Secrets that a process makes for itself once and keeps in a file of its own."""

import os
from collections.abc import Callable
from pathlib import Path


def read_or_create(path: Path, create: Callable[[], bytes]) -> bytes:
    """The bytes of the file, made by `create` when there is none yet; only the owner of the process can read it.

    A crash leaves the whole file or none, and two processes that start together agree on one.

    Raises:
        OSError: the file cannot be read or written.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not path.exists():
        temporary = path.with_name(f".{path.name}.{os.getpid()}")
        _write_durably(temporary, create())
        try:
            os.link(temporary, path)
        except FileExistsError:
            pass  # the other process was first: its secret is the one
        finally:
            temporary.unlink()
    return path.read_bytes()


def _write_durably(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(descriptor)
