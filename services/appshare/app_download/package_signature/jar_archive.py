"""The entries of an APK, as a JAR signature sees them."""

import hashlib
import struct
from collections.abc import Iterator, Set
from typing import BinaryIO
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipInfo

from appshare.app_download.package_reading.archive import DAMAGE, check_directory, open_archive
from appshare.app_download.package_reading.refusal import PackageRefused, RefusalReason, shown
from appshare.app_download.package_signature.faults import invalid
from appshare.app_download.package_signature.jar_manifest import as_text

_CHUNK = 1 << 20
_UTF8_NAME = 0x800

_LOCAL_HEADER = struct.Struct("<6xH6xIII")
_SIZES_BEHIND = 0x8
"""The flag of an entry whose local header leaves digest and sizes to what follows the content."""


class JarArchive:
    """The entries by name; raises PackageRefused where the archive is not sound."""

    def __init__(self, package: BinaryIO) -> None:
        self._package = package
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
        if self._entries[name].file_size > limit:
            raise PackageRefused(RefusalReason.TOO_LARGE, f"{shown(name)} is larger than {limit} bytes")
        return b"".join(self._chunks(name))

    def digest(self, name: str, algorithm: str) -> bytes:
        """The digest of an entry's content; an algorithm as hashlib calls it."""
        key = name, algorithm
        if key not in self._digests:
            digest = hashlib.new(algorithm, usedforsecurity=False)
            for chunk in self._chunks(name):
                digest.update(chunk)
            self._digests[key] = digest.digest()
        return self._digests[key]

    def _chunks(self, name: str) -> Iterator[bytes]:
        entry = self._entries[name]
        left = entry.file_size
        if entry.compress_type not in (ZIP_DEFLATED, ZIP_STORED):
            raise _damaged(name)  # Android cannot unpack it
        try:
            with self._archive.open(entry) as content:
                self._check_local_header(entry)
                while chunk := content.read(_CHUNK):
                    left -= len(chunk)
                    yield chunk
        except DAMAGE:
            raise _damaged(name) from None
        if left:
            raise _damaged(name)

    def _check_local_header(self, entry: ZipInfo) -> None:
        """It has to say the same as the directory, or Android takes the package for damaged."""
        self._package.seek(entry.header_offset)
        flags, *sizes = _LOCAL_HEADER.unpack(self._package.read(_LOCAL_HEADER.size))
        sizes_behind = flags & _SIZES_BEHIND
        if sizes_behind != entry.flag_bits & _SIZES_BEHIND:
            raise BadZipFile
        if not sizes_behind and sizes != [entry.CRC, entry.compress_size, entry.file_size]:
            raise BadZipFile


def _name(entry: ZipInfo) -> str:
    """As Android reads it: its bytes are UTF-8, whatever the entry says of them."""
    return as_text(entry.orig_filename.encode("utf-8" if entry.flag_bits & _UTF8_NAME else "cp437"))


def _damaged(name: str) -> PackageRefused:
    return PackageRefused(RefusalReason.MALFORMED_ARCHIVE, f"{shown(name)} cannot be unpacked")
