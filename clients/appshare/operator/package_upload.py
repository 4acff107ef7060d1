"""A package file on its way into the catalogue."""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

_CHUNK_SIZE = 512 * 1024


@dataclass(frozen=True)
class PackageUpload:
    """What an upload announces of a file, and the file.

    Attributes:
        size: bytes.
        sha256: lower-case hexadecimal.
    """

    path: Path
    name: str
    size: int
    sha256: str

    @classmethod
    def of(cls, path: Path) -> Self:
        """Reads the file once, for its size and digest.

        Raises:
            OSError: it cannot be read.
        """
        with path.open("rb") as content:
            digest = hashlib.file_digest(content, "sha256").hexdigest()
            return cls(path, path.name, os.fstat(content.fileno()).st_size, digest)

    def chunks(self) -> Iterator[bytes]:
        """The bytes of the file; when it has changed since it was announced, the server refuses it."""
        with self.path.open("rb") as content:
            while data := content.read(_CHUNK_SIZE):
                yield data
