"""What of a binary manifest its decoder does not look at: how deep it is nested, and how its elements are called.

apk-info writes a manifest as text. An element that is called `a/><uses-sdk` would be two of them there, while Android
sees one of a strange name. The layout is that of ResourceTypes.h: chunks of {type u16, header size u16, size u32}.
"""

import re
import struct
from collections.abc import Iterator

from appshare.app_download.package_reading.refusal import PackageRefused, RefusalReason

_STRING_POOL, _START_NAMESPACE, _START_ELEMENT, _END_ELEMENT = 0x0001, 0x0100, 0x0102, 0x0103
_CHUNK = struct.Struct("<HHI")
_POOL = struct.Struct("<8xI4xII")
"""Of a string pool: how many strings, flags, and where they begin."""
_UTF_8 = 1 << 8
_PAIR = struct.Struct("<II")
"""Of a namespace: prefix and URI; of an element: namespace and name."""
_ATTRIBUTES = struct.Struct("<8x3H")
"""Of an element: where the attributes begin, the size of one, and how many."""

_NOTHING = 0xFFFFFFFF
_DEEPEST = 100
"""Elements within each other; a manifest needs about six."""
_NAME = re.compile(r"[\w.:-]*")
_URI = re.compile(r"[^\s\"'<>&]*")


def check_manifest(manifest: bytes) -> None:
    """Raises PackageRefused unless the text that is made of a binary manifest has just the manifest's elements.

    A manifest that ends early, or is none, is left to the decoder.
    """
    pool, depth = _Pool(b""), 0
    for kind, header_size, chunk in _chunks(manifest):
        if kind == _STRING_POOL:
            pool = _Pool(chunk)
        elif kind == _START_NAMESPACE:
            prefix, uri = _unpack(_PAIR, chunk, header_size)
            _require(_NAME, pool.text(prefix))
            _require(_URI, pool.text(uri))
        elif kind == _START_ELEMENT:
            depth += 1
            if depth > _DEEPEST:
                raise _malformed(f"its elements are nested more than {_DEEPEST} deep")
            for name in _names(chunk, header_size):
                _require(_NAME, pool.text(name))
        elif kind == _END_ELEMENT:
            depth -= 1


class _Pool:
    """The strings of a manifest, each decoded when it is asked for."""

    def __init__(self, chunk: bytes) -> None:
        self._chunk = chunk
        count, flags, start = _POOL.unpack_from(chunk) if len(chunk) >= _POOL.size else (0, 0, 0)
        self._count, self._start, self._is_utf_8 = count, start, bool(flags & _UTF_8)
        self._known: dict[int, str] = {}

    def text(self, index: int) -> str:
        """A string; empty for the index that stands for none."""
        if index == _NOTHING:
            return ""
        if index >= self._count:
            raise _malformed("a name is missing")
        if index not in self._known:
            try:
                self._known[index] = self._decoded(index)
            except (IndexError, UnicodeDecodeError, struct.error):
                raise _malformed("a name is damaged") from None
        return self._known[index]

    def _decoded(self, index: int) -> str:
        (offset,) = struct.unpack_from("<I", self._chunk, _CHUNK.size + 20 + 4 * index)
        position = self._start + offset
        if self._is_utf_8:
            _, position = _length(self._chunk, position, 1)
        size, position = _length(self._chunk, position, 1 if self._is_utf_8 else 2)
        unit = 1 if self._is_utf_8 else 2
        end = position + size * unit
        if self._chunk[end : end + unit] != bytes(unit):
            raise _malformed("a name has no end")
        return self._chunk[position:end].decode("utf-8" if self._is_utf_8 else "utf-16-le")


def _length(data: bytes, position: int, unit: int) -> tuple[int, int]:
    """A length of one or two units, of which the first says by its highest bit which, and where it ends."""
    first = int.from_bytes(data[position : position + unit], "little")
    more = 1 << (8 * unit - 1)
    if not first & more:
        return first, position + unit
    second = int.from_bytes(data[position + unit : position + 2 * unit], "little")
    return (first & (more - 1)) << (8 * unit) | second, position + 2 * unit


def _names(element: bytes, header_size: int) -> Iterator[int]:
    """Where in the pool the names of an element and of its attributes are."""
    yield _unpack(_PAIR, element, header_size)[1]
    start, size, count = _unpack(_ATTRIBUTES, element, header_size)
    for index in range(count):
        yield _unpack(_PAIR, element, header_size + start + index * size)[1]


def _chunks(manifest: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Kind, header size and bytes of each chunk within the document."""
    if len(manifest) < _CHUNK.size:
        return
    offset = _CHUNK.unpack_from(manifest)[1]
    while offset + _CHUNK.size <= len(manifest):
        kind, header_size, size = _CHUNK.unpack_from(manifest, offset)
        if not _CHUNK.size <= header_size <= size:
            return
        yield kind, header_size, manifest[offset : offset + size]
        offset += size


def _unpack(form: struct.Struct, chunk: bytes, offset: int) -> tuple[int, ...]:
    try:
        return form.unpack_from(chunk, offset)
    except struct.error:
        raise _malformed("an element ends early") from None


def _require(form: re.Pattern[str], text: str) -> None:
    if not form.fullmatch(text):
        raise _malformed("something in it has a name that no XML could write")


def _malformed(problem: str) -> PackageRefused:
    return PackageRefused(RefusalReason.MALFORMED_MANIFEST, f"the manifest cannot be read: {problem}")
