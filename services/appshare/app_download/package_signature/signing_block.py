"""The APK Signing Block: pairs of id and value between the entries and the central directory of a ZIP file.

The format is that of https://source.android.com/docs/security/features/apksigning/v2#apk-signing-block. A block that
is damaged is no error: Android then behaves as if it were not there, and other schemes protect from its removal.
"""

import struct
from dataclasses import dataclass
from typing import BinaryIO

from appshare.app_download.package_reading.refusal import PackageRefused, RefusalReason
from appshare.app_download.package_reading.zip_sections import ZipSections

_MAGIC = b"APK Sig Block 42"
_SIZE = struct.Struct("<Q")
_FOOTER = struct.Struct("<Q16s")
_PAIR = struct.Struct("<QI")
_ID_SIZE = 4
_LIMIT = 32 << 20


@dataclass(frozen=True, slots=True)
class SigningBlock:
    """Where the block starts, and its values by id."""

    offset: int
    values: dict[int, bytes]


def signing_block(package: BinaryIO, sections: ZipSections) -> SigningBlock:
    """The package's signing block; an empty one in front of the central directory if there is none.

    Raises:
        PackageRefused: It is too large to look at.
    """
    size = _size(package, sections)
    offset = sections.directory - size
    if size > _LIMIT:
        raise PackageRefused(RefusalReason.TOO_LARGE, f"the signing block is larger than {_LIMIT} bytes")
    package.seek(offset)
    return SigningBlock(offset, _values(package.read(size)[_SIZE.size : -_FOOTER.size]))


def _size(package: BinaryIO, sections: ZipSections) -> int:
    """Of the whole block, which at both ends says how much there is behind its first field; 0 if there is none."""
    if sections.directory < _SIZE.size + _FOOTER.size:
        return 0
    package.seek(sections.directory - _FOOTER.size)
    footer_size, magic = _FOOTER.unpack(package.read(_FOOTER.size))
    size: int = footer_size + _SIZE.size
    if magic != _MAGIC or footer_size < _FOOTER.size or size > sections.directory:
        return 0
    package.seek(sections.directory - size)
    return size if _SIZE.unpack(package.read(_SIZE.size))[0] == footer_size else 0


def _values(pairs: bytes) -> dict[int, bytes]:
    """Of equal ids the first counts; from a damaged pair on, nothing does."""
    values: dict[int, bytes] = {}
    at = 0
    while at + _PAIR.size <= len(pairs):
        size, id_ = _PAIR.unpack_from(pairs, at)
        end = at + _SIZE.size + size
        if size < _ID_SIZE or end > len(pairs):
            break
        values.setdefault(id_, pairs[at + _PAIR.size : end])
        at = end
    return values
