"""The chunks of a package's resource table, and what they are made for.

The layout is that of Android's ResourceTypes.h: chunks of {type u16, header size u16, size u32}, nested
table > package > type. A table that ends early or makes no sense holds what was read up to there: nothing of it decides
whether a package is safe.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from appshare.app_download.fitting import density

POOL, TABLE, PACKAGE, TYPE = 0x0001, 0x0002, 0x0200, 0x0201

_CHUNK_HEADER = struct.Struct("<HHI")
_CONFIG = 20
"""Where a type chunk says what it is made for."""
_LANGUAGE, _COUNTRY, _DENSITY, _SCRIPT = 8, 10, 14, 36
"""Where ResTable_config holds these; older tables end before the script."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """A part of the table: its kind, the size of its header, and its bytes with the header."""

    kind: int
    header_size: int
    data: memoryview

    @property
    def inner(self) -> Iterator["Chunk"]:
        """The chunks in it."""
        return chunks(self.data[self.header_size :])

    @property
    def density(self) -> int | None:
        """Of a type chunk: in dpi, the default included; None when it ends before."""
        config = self._config
        if len(config) < _DENSITY + 2:
            return None
        return int.from_bytes(config[_DENSITY : _DENSITY + 2], "little") or density.DEFAULT

    @property
    def locale(self) -> str:
        """Of a type chunk: the BCP-47 tag; empty: any language."""
        config = self._config
        language = _packed(config[_LANGUAGE : _LANGUAGE + 2], "a")
        script = bytes(config[_SCRIPT : _SCRIPT + 4]).rstrip(b"\0").decode("ascii", "replace")
        country = _packed(config[_COUNTRY : _COUNTRY + 2], "0")
        return "-".join(filter(None, (language, script, country))) if language else ""

    @property
    def _config(self) -> memoryview:
        return self.data[_CONFIG : self.header_size]


def chunks(data: memoryview) -> Iterator[Chunk]:
    """The chunks that lie one after the other."""
    offset = 0
    while offset + _CHUNK_HEADER.size <= len(data):
        kind, header_size, size = _CHUNK_HEADER.unpack_from(data, offset)
        if not _CHUNK_HEADER.size <= header_size <= size:
            return
        yield Chunk(kind, header_size, data[offset : offset + size])
        offset += size


def packages(table: bytes) -> Iterator[Chunk]:
    """The packages of a table; nearly all tables hold one."""
    for outer in chunks(memoryview(table)):
        if outer.kind == TABLE:
            yield from (chunk for chunk in outer.inner if chunk.kind == PACKAGE)


def types(package: Chunk) -> Iterator[Chunk]:
    """The resources of a package: a chunk for each kind of them and each configuration."""
    return (chunk for chunk in package.inner if chunk.kind == TYPE)


def _packed(code: memoryview, first: str) -> str:
    """A language or a country: two letters, or three in five bits each, from the first letter or digit on."""
    if len(code) < 2 or not any(code):  # noqa: PLR2004  # bytes
        return ""
    low, high = code
    if not low & 0x80:
        return bytes(code).decode("ascii", "replace")
    letters = (high & 0x1F, (high & 0xE0) >> 5 | (low & 0x03) << 3, (low & 0x7C) >> 2)
    return "".join(chr(ord(first) + letter) for letter in letters)
