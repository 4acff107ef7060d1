"""The file with the keys of the number digests, the oldest first."""

import fcntl
import os
import secrets
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

    def add(self, key: bytes, behind: int) -> list[bytes]:
        """Keeps one more key, durably, unless there are more than `behind` already; returns all of them.

        Of several processes that share the folder, one after the other adds.

        Raises:
            OSError: the file cannot be read or written, or is damaged.
        """
        lock = os.open(self._path.with_name(f".{self._path.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)  # given up by the system when the process ends, however it ends
            keys = self.read()
            if len(keys) <= behind:
                keys.append(key)
                lines = b"".join(each.hex().encode() + b"\n" for each in keys)
                secret_file.replace(self._path, _HEADER + lines)
            return keys
        finally:
            os.close(lock)
