"""Files that are whole and on disk, or not there at all."""

import hashlib
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

_CHUNK = 1 << 20

Seen = Callable[[int], None]
"""Is told of each chunk how many bytes it had."""


def unseen(_count: int) -> None:
    """Tells nobody."""


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary path, whose file gets the name `path` when the context ends well, and else is removed."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        yield temporary
        _sync(temporary)
        temporary.replace(path)
        _sync(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


def copy(source: Path, target: Path, seen: Seen = unseen) -> str:
    """Copies a file, for its owner's eyes only; the SHA-256 of what was copied."""
    digest = hashlib.sha256()
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with source.open("rb") as content, os.fdopen(descriptor, "wb") as copied:
        for chunk in _chunks(content.fileno(), seen):
            digest.update(chunk)
            copied.write(chunk)
    return digest.hexdigest()


def sha256_of(path: Path, seen: Seen = unseen) -> str:
    """The SHA-256 of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as content:
        for chunk in _chunks(content.fileno(), seen):
            digest.update(chunk)
    return digest.hexdigest()


def make_folder(path: Path) -> Path:
    """The folder, made for its owner's eyes only when it is missing."""
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    return path


def _chunks(descriptor: int, seen: Seen) -> Iterator[bytes]:
    while chunk := os.read(descriptor, _CHUNK):
        yield chunk
        seen(len(chunk))


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
