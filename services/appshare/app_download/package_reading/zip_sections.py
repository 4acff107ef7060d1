"""Where the parts of a ZIP file lie, by the one way in which Android looks for them."""

import os
import struct
from dataclasses import dataclass
from typing import BinaryIO

from appshare.app_download.package_reading.refusal import PackageRefused, RefusalReason

END_RECORD_DIRECTORY = 16
"""Where the end record holds the offset of the central directory."""

_SIGNATURE = b"PK\x05\x06"
_END_RECORD = struct.Struct("<4s6xHIIH")
_LONGEST_COMMENT = 0xFFFF
_ZIP64_LOCATOR = b"PK\x06\x07"
_ZIP64_LOCATOR_SIZE = 20


@dataclass(frozen=True, slots=True)
class ZipSections:
    """Offsets into the file, and what else the end record says."""

    entries: int
    """How many the directory holds."""
    directory: int
    """Where the central directory starts; it ends where the end record starts."""
    end: int
    """Where the end record starts, the last part of the file."""
    size: int
    """Of the file."""


def zip_sections(package: BinaryIO) -> ZipSections:
    """Find the parts of a ZIP file; raises PackageRefused if they do not lie where Android wants them."""
    size = package.seek(0, os.SEEK_END)
    start = max(0, size - _ZIP64_LOCATOR_SIZE - _END_RECORD.size - _LONGEST_COMMENT)
    package.seek(start)
    tail = package.read()
    position = _end_record(tail)
    _, entries, directory_size, directory, _ = _END_RECORD.unpack_from(tail, position)
    end = start + position
    if tail[max(0, position - _ZIP64_LOCATOR_SIZE) : position].startswith(_ZIP64_LOCATOR):
        raise _malformed("it is in the ZIP64 format")
    if directory + directory_size != end:
        raise _malformed("the ZIP directory does not lie right before the end of the archive")
    return ZipSections(entries, directory, end, size)


def _end_record(tail: bytes) -> int:
    """The last one whose comment ends with the file."""
    position = len(tail)
    while (position := tail.rfind(_SIGNATURE, 0, position)) >= 0:
        record = tail[position : position + _END_RECORD.size]
        if len(record) == _END_RECORD.size:
            comment_size = _END_RECORD.unpack(record)[-1]
            if position + _END_RECORD.size + comment_size == len(tail):
                return position
    raise _malformed("the end of the ZIP archive is missing")


def _malformed(message: str) -> PackageRefused:
    return PackageRefused(RefusalReason.MALFORMED_ARCHIVE, message)
