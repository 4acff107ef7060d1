"""The densities that a package's resources are made for, read from the headers of its resource table.

The layout is that of ResourceTypes.h: chunks of {type u16, header size u16, size u32}, nested table > package > type.
"""

import struct
from collections.abc import Iterator

from appshare.app_download.fitting import density

_TABLE, _PACKAGE, _TYPE = 0x0002, 0x0200, 0x0201
_NESTED = (_TABLE, _PACKAGE, _TYPE)
"""Deeper than that nothing is looked for, however a table is nested."""

_CHUNK_HEADER = struct.Struct("<HHI")
_DENSITY = struct.Struct("<H")
_DENSITY_OFFSET = 34  # in a type chunk: 20 bytes of header, then ResTable_config with its density at 14


def densities(table: bytes) -> tuple[int, ...]:
    """Ascending, in dpi; without resources the default density alone.

    A table that ends early or makes no sense offers what was read up to there: a density never decides whether a
    package fits.
    """
    found = set(_densities(memoryview(table)))
    return tuple(sorted(found)) or (density.DEFAULT,)


def _densities(chunks: memoryview, depth: int = 0) -> Iterator[int]:
    for kind, header_size, chunk in _chunks(chunks):
        if kind != _NESTED[depth]:
            continue
        if kind != _TYPE:
            yield from _densities(chunk[header_size:], depth + 1)
        elif len(chunk) >= _DENSITY_OFFSET + _DENSITY.size:
            yield _DENSITY.unpack_from(chunk, _DENSITY_OFFSET)[0] or density.DEFAULT


def _chunks(data: memoryview) -> Iterator[tuple[int, int, memoryview]]:
    """Kind, header size and bytes of each chunk."""
    offset = 0
    while offset + _CHUNK_HEADER.size <= len(data):
        kind, header_size, size = _CHUNK_HEADER.unpack_from(data, offset)
        if not _CHUNK_HEADER.size <= header_size <= size:
            return
        yield kind, header_size, data[offset : offset + size]
        offset += size
