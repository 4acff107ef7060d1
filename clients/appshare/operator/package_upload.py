"""A package on its way into the catalogue: one file, or the splits of a package."""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

_CHUNK_SIZE = 512 * 1024


@dataclass(frozen=True)
class UploadFile:
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

    def chunks(self) -> Iterator[tuple[int, bytes]]:
        """The bytes with their offsets; when the file has changed since it was announced, the server refuses it."""
        offset = 0
        with self.path.open("rb") as content:
            while data := content.read(_CHUNK_SIZE):
                yield offset, data
                offset += len(data)


@dataclass(frozen=True)
class PackageUpload:
    """The files that make one package.

    Attributes:
        device_model: of the phone that splits come from; empty: not known.
    """

    files: tuple[UploadFile, ...]
    device_model: str = ""

    @classmethod
    def of(cls, *paths: Path, device_model: str = "") -> Self:
        """Reads every file once; raises OSError."""
        return cls(tuple(map(UploadFile.of, paths)), device_model)

    @property
    def size(self) -> int:
        """The bytes of all files."""
        return sum(file.size for file in self.files)
