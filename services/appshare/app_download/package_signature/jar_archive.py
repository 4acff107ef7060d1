"""The entries of an APK, as a JAR signature sees them."""

import hashlib
from collections.abc import Set
from typing import BinaryIO
from zipfile import ZipInfo

from appshare.app_download.package_reading.archive import DAMAGE, check_directory, open_archive
from appshare.app_download.package_reading.refusal import PackageRefused, RefusalReason
from appshare.app_download.package_signature.faults import invalid
from appshare.app_download.package_signature.jar_manifest import as_text

_CHUNK = 1 << 20
_UTF8_NAME = 0x800


class JarArchive:
    """The entries by name; raises PackageRefused where the archive is not sound."""

    def __init__(self, package: BinaryIO) -> None:
        self._archive = open_archive(package)
        check_directory(self._archive, package)
        entries = self._archive.infolist()
        self._entries = {_name(entry): entry for entry in entries}
        if len(self._entries) < len(entries):
            raise invalid("an entry is there twice")
        self._digests: dict[tuple[str, str], bytes] = {}

    def names(self) -> Set[str]:
        """The names, in the order of the directory."""
        return self._entries.keys()

    def read(self, name: str, limit: int) -> bytes:
        """An entry's content; raises PackageRefused if it is larger than the limit in bytes."""
        entry = self._entries[name]
        if entry.file_size > limit:
            raise PackageRefused(RefusalReason.TOO_LARGE, f"{name} is larger than {limit} bytes")
        try:
            return self._archive.read(entry)
        except DAMAGE:
            raise _damaged(name) from None

    def digest(self, name: str, algorithm: str) -> bytes:
        """The digest of an entry's content; a name that is there, and an algorithm as hashlib calls it."""
        key = name, algorithm
        if key not in self._digests:
            self._digests[key] = self._digest(name, algorithm)
        return self._digests[key]

    def _digest(self, name: str, algorithm: str) -> bytes:
        digest = hashlib.new(algorithm, usedforsecurity=False)
        try:
            with self._archive.open(self._entries[name]) as content:
                while chunk := content.read(_CHUNK):
                    digest.update(chunk)
        except DAMAGE:
            raise _damaged(name) from None
        return digest.digest()


def _name(entry: ZipInfo) -> str:
    """As Android reads it: its bytes are UTF-8, whatever the entry says of them."""
    return as_text(entry.orig_filename.encode("utf-8" if entry.flag_bits & _UTF8_NAME else "cp437"))


def _damaged(name: str) -> PackageRefused:
    return PackageRefused(RefusalReason.MALFORMED_ARCHIVE, f"{name!r} cannot be unpacked")
