"""Secrets that a process makes for itself once and keeps in a file of its own."""

import os
import secrets
from collections.abc import Callable
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
