"""Digests of a whole APK but its signing block, as the schemes v2 and v3 sign them."""

import hashlib
import struct
from collections.abc import Iterator
from enum import IntEnum
from typing import BinaryIO

from appshare.app_download.package_reading.zip_sections import END_RECORD_DIRECTORY, ZipSections
from appshare.app_download.package_signature.faults import invalid

_CHUNK = 1 << 20
_CHUNK_PREFIX = struct.Struct("<cI")
_OFFSET = struct.Struct("<I")

_PAGE = 4096
_SALT = bytes(8)
_CONTENT_SIZE = struct.Struct("<Q")


class ContentDigest(IntEnum):
    """How the content is digested; of several, Android takes the greatest."""

    CHUNKED_SHA256 = 1
    VERITY_SHA256 = 2
    CHUNKED_SHA512 = 3


class SignedContent:
    """What a signing block signs: all bytes in front of it, the central directory and the end record."""

    def __init__(self, package: BinaryIO, sections: ZipSections, block_offset: int) -> None:
        self._package = package
        self._sections = sections
        self._block_offset = block_offset
        self._digests: dict[ContentDigest, bytes] = {}

    def digest(self, kind: ContentDigest) -> bytes:
        """The digest of the content; each kind reads the file once."""
        if kind not in self._digests:
            self._digests[kind] = self._verity() if kind is ContentDigest.VERITY_SHA256 else self._chunked(kind)
        return self._digests[kind]

    def _chunked(self, kind: ContentDigest) -> bytes:
        """A digest of digests, one for each MiB of each of the three parts."""
        name = "sha512" if kind is ContentDigest.CHUNKED_SHA512 else "sha256"
        count = 0
        digests = bytearray()
        for part in self._parts():
            for chunk in part:
                digest = hashlib.new(name, _CHUNK_PREFIX.pack(b"\xa5", len(chunk)))
                digest.update(chunk)
                digests += digest.digest()
                count += 1
        return hashlib.new(name, _CHUNK_PREFIX.pack(b"\x5a", count) + digests).digest()

    def _verity(self) -> bytes:
        """The root of a hash tree over pages, as fs-verity builds it, and the size of the content."""
        if self._block_offset % _PAGE or self._sections.directory % _PAGE:
            raise invalid("the signing block does not consist of whole pages, which its kind of digest asks for")
        tree = b"".join(map(_page_digest, _pages(chunk for part in self._parts() for chunk in part)))
        while len(tree) > _PAGE:
            tree = b"".join(_page_digest(tree[at : at + _PAGE]) for at in range(0, len(tree), _PAGE))
        sections = self._sections
        return _page_digest(tree) + _CONTENT_SIZE.pack(self._block_offset + sections.size - sections.directory)

    def _parts(self) -> Iterator[Iterator[bytes]]:
        yield self._chunks(0, self._block_offset)
        yield self._chunks(self._sections.directory, self._sections.end)
        yield iter((self._end_record(),))

    def _chunks(self, start: int, end: int) -> Iterator[bytes]:
        for at in range(start, end, _CHUNK):
            self._package.seek(at)
            yield self._package.read(min(_CHUNK, end - at))

    def _end_record(self) -> bytes:
        """As if the signing block were not there: the central directory starts where the block does."""
        self._package.seek(self._sections.end)
        record = bytearray(self._package.read())
        _OFFSET.pack_into(record, END_RECORD_DIRECTORY, self._block_offset)
        return bytes(record)


def _pages(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The same bytes in pages; the last one can be shorter."""
    rest = b""
    for chunk in chunks:
        data = rest + chunk
        whole = len(data) - len(data) % _PAGE
        for at in range(0, whole, _PAGE):
            yield data[at : at + _PAGE]
        rest = data[whole:]
    if rest:
        yield rest


def _page_digest(page: bytes) -> bytes:
    return hashlib.sha256(_SALT + page.ljust(_PAGE, b"\0")).digest()
