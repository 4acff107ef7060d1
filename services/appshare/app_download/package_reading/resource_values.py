"""The values that a resource has for different screens and languages: all of them, where Android would choose one."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from appshare.app_download.package_reading.resource_chunks import POOL, Chunk, chunks, packages, types

_UTF_8 = 1 << 8
_SPARSE, _SHORT_OFFSETS = 1, 2
_COMPLEX, _COMPACT = 1, 8
_REFERENCE, _STRING = 1, 3
_NO_ENTRY, _NO_SHORT_ENTRY = 0xFFFFFFFF, 0xFFFF
_MOST_REFERENCES = 20
"""Resources that one leads to; at so many Android gives up."""
_KIND_NAMES, _ENTRY_NAMES = 268, 276
"""Where a package says where its pools of names are."""
_NOTHING = (0, 0)
_Identity = tuple[int, int, int]
"""Of a resource: package, kind and entry."""
_WRONG = (struct.error, IndexError, ValueError)


@dataclass(frozen=True, slots=True)
class ResourceValue:
    """A text, or the path of a file, and what it is for."""

    text: str
    locale: str
    """BCP-47 tag; empty: any language."""
    density: int
    """In dpi."""


class ResourceValues:
    """The texts of a resource table."""

    def __init__(self, table: bytes) -> None:
        self._table = table

    def of(self, reference: str) -> list[ResourceValue]:
        """The values of `@string/name` or `@7f010002`; none for what is not there, or is neither text nor file."""
        try:
            return list(self._values(self._identified(reference), self._texts(), set()))
        except _WRONG:
            return []

    def _texts(self) -> "_Pool":
        """The pool of all texts; raises ValueError when there is none."""
        inner = (chunk for outer in chunks(memoryview(self._table)) for chunk in outer.inner)
        pool = next((chunk for chunk in inner if chunk.kind == POOL), None)
        if pool is None:
            raise ValueError("no pool of texts")
        return _Pool(pool)

    def _identified(self, reference: str) -> _Identity:
        """Raises ValueError when there is no such resource."""
        name = reference.removeprefix("@").rpartition(":")[2]
        kind_name, slash, entry_name = name.partition("/")
        if not slash:
            return _identity(int(name, 16))
        for package in packages(self._table):
            kinds, keys = _Pool.at(package, _KIND_NAMES), _Pool.at(package, _ENTRY_NAMES)
            kind, key = kinds.index(kind_name) + 1, keys.index(entry_name)
            for chunk in _of_kind(package, kind):
                for entry, offset in _offsets(chunk):
                    if _key(chunk, offset) == key:
                        return package.data[8], kind, entry
        raise ValueError(reference)

    def _values(self, resource: _Identity, texts: "_Pool", seen: set[_Identity]) -> Iterator[ResourceValue]:
        """Those of the resource, and of the resources that it refers to, each of which is looked at once."""
        if resource in seen or len(seen) > _MOST_REFERENCES:
            return
        seen.add(resource)
        package_id, kind, entry = resource
        same = (package for package in packages(self._table) if package.data[8] == package_id)
        for chunk in (chunk for package in same for chunk in _of_kind(package, kind)):
            data_type, data = _value(chunk, entry)
            if data_type == _STRING:
                yield ResourceValue(texts[data], chunk.locale, chunk.density or 0)
            elif data_type == _REFERENCE:
                yield from self._values(_identity(data), texts, seen)


class _Pool:
    """A pool of strings, read one by one."""

    def __init__(self, chunk: Chunk) -> None:
        self._chunk = chunk
        self._count, _, flags, self._start = struct.unpack_from("<4I", chunk.data, 8)
        self._is_utf8 = bool(flags & _UTF_8)

    @classmethod
    def at(cls, package: Chunk, field: int) -> "_Pool":
        """The pool whose offset stands in a field of the package."""
        (offset,) = struct.unpack_from("<I", package.data, field)
        pool = next(chunks(package.data[offset:]), None)
        if pool is None:
            raise ValueError("no pool of names")
        return cls(pool)

    def __getitem__(self, index: int) -> str:
        if not 0 <= index < self._count:
            raise IndexError(index)
        (offset,) = struct.unpack_from("<I", self._chunk.data, self._chunk.header_size + 4 * index)
        data = self._chunk.data[self._start + offset :]
        if self._is_utf8:
            _, at = _length(data, 0, 1)
            size, at = _length(data, at, 1)
            return bytes(data[at : at + size]).decode("utf-8", "replace")
        size, at = _length(data, 0, 2)
        return bytes(data[at : at + 2 * size]).decode("utf-16-le", "replace")

    def index(self, text: str) -> int:
        """The place of a string; -1 if it is not there."""
        return next((place for place in range(self._count) if self[place] == text), -1)


def _length(data: memoryview, at: int, unit: int) -> tuple[int, int]:
    """A length in one unit of bytes, or in two with the highest bit set, and where it ends."""
    high = 1 << 8 * unit - 1
    first = int.from_bytes(data[at : at + unit], "little")
    if not first & high:
        return first, at + unit
    second = int.from_bytes(data[at + unit : at + 2 * unit], "little")
    return (first & ~high) << 8 * unit | second, at + 2 * unit


def _identity(number: int) -> _Identity:
    return number >> 24, number >> 16 & 0xFF, number & 0xFFFF


def _of_kind(package: Chunk, kind: int) -> Iterator[Chunk]:
    return (chunk for chunk in types(package) if chunk.data[8] == kind)


def _offsets(chunk: Chunk) -> Iterator[tuple[int, int]]:
    """Numbers of the entries that there are, and where they lie."""
    flags = chunk.data[9]
    count, start = struct.unpack_from("<2I", chunk.data, 12)
    index = chunk.data[chunk.header_size :]
    if flags & _SPARSE:
        pairs = (struct.unpack_from("<2H", index, 4 * place) for place in range(count))
        yield from ((entry, start + 4 * offset) for entry, offset in pairs)
    elif flags & _SHORT_OFFSETS:
        short = (struct.unpack_from("<H", index, 2 * entry)[0] for entry in range(count))
        yield from ((entry, start + 4 * offset) for entry, offset in enumerate(short) if offset != _NO_SHORT_ENTRY)
    else:
        long = (struct.unpack_from("<I", index, 4 * entry)[0] for entry in range(count))
        yield from ((entry, start + offset) for entry, offset in enumerate(long) if offset != _NO_ENTRY)


def _key(chunk: Chunk, offset: int) -> int:
    size_or_key, flags, key = struct.unpack_from("<2HI", chunk.data, offset)
    return int(size_or_key if flags & _COMPACT else key)


def _value(chunk: Chunk, entry: int) -> tuple[int, int]:
    """Type and data of an entry; those of nothing when it is not there, or is more than one value."""
    offset = _offset(chunk, entry)
    if offset is None:
        return _NOTHING
    size, flags, data = struct.unpack_from("<2HI", chunk.data, offset)
    if flags & _COMPACT:
        return flags >> 8, data
    if flags & _COMPLEX:
        return _NOTHING
    data_type, data = struct.unpack_from("<3xBI", chunk.data, offset + size)
    return data_type, data


def _offset(chunk: Chunk, entry: int) -> int | None:
    """Where an entry lies; most tables are looked into at its place, sparse ones are searched."""
    if chunk.data[9] & (_SPARSE | _SHORT_OFFSETS):
        return next((offset for number, offset in _offsets(chunk) if number == entry), None)
    count, start = struct.unpack_from("<2I", chunk.data, 12)
    if entry >= count:
        return None
    (offset,) = struct.unpack_from("<I", chunk.data, chunk.header_size + 4 * entry)
    return None if offset == _NO_ENTRY else start + offset
