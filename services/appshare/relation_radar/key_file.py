"""The file with the keys of the number digests, the oldest first."""

import secrets
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from appshare.process import secret_file

_HEADER = b"# AppShare number keys, the oldest first\n"
"""A file without it is one key, whatever its bytes are."""

_LENGTH = 32
"""Bytes of a key that is made here."""


class KeyFile:
    """Keys in a file, as bytes when there is one, else a line each in hexadecimal."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> list[bytes]:
        """The keys; the first one is made when there is no file yet.

        Raises:
            OSError: the file cannot be read or written, or is damaged.
        """
        content = secret_file.read_or_create(self._path, partial(secrets.token_bytes, _LENGTH))
        if not content.startswith(_HEADER):
            return [content]
        try:
            return [bytes.fromhex(line.decode("ascii")) for line in content.removeprefix(_HEADER).splitlines()]
        except ValueError:
            raise OSError(f"{self._path} is damaged: put it back from a backup") from None

    def write(self, keys: Sequence[bytes]) -> None:
        """Keeps these keys and no others, durably.

        Raises:
            OSError: the file cannot be written.
        """
        lines = b"".join(key.hex().encode() + b"\n" for key in keys)
        secret_file.replace(self._path, _HEADER + lines)
