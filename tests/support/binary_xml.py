"""Manifests in Android's binary XML, written by hand: what no tool would write, too (ResourceTypes.h)."""

import struct
from collections.abc import Sequence

_NONE = 0xFFFFFFFF
_STRING = 3


class BinaryXml:
    """A document that grows element by element."""

    def __init__(self) -> None:
        self._strings: dict[str, int] = {}
        prefix, uri = self._string("android"), self._string("http://schemas.android.com/apk/res/android")
        self._chunks = [_chunk(0x0100, struct.pack("<II", 1, _NONE), struct.pack("<II", prefix, uri))]

    def start(self, name: str, attributes: Sequence[tuple[str, str]] = ()) -> None:
        """Opens an element; its attributes are texts and in no namespace."""
        body = struct.pack("<IIHHHHHH", _NONE, self._string(name), 20, 20, len(attributes), 0, 0, 0) + b"".join(
            struct.pack("<IIIHBBI", _NONE, self._string(key), self._string(value), 8, 0, _STRING, self._string(value))
            for key, value in attributes
        )
        self._chunks.append(_chunk(0x0102, struct.pack("<II", 1, _NONE), body))

    def end(self, name: str) -> None:
        """Closes an element."""
        self._chunks.append(_chunk(0x0103, struct.pack("<II", 1, _NONE), struct.pack("<II", _NONE, self._string(name))))

    def content(self) -> bytes:
        """The document."""
        return _chunk(0x0003, b"", self._string_pool() + b"".join(self._chunks))

    def _string(self, text: str) -> int:
        return self._strings.setdefault(text, len(self._strings))

    def _string_pool(self) -> bytes:
        encoded = [struct.pack("<H", len(text)) + text.encode("utf-16-le") + b"\0\0" for text in self._strings]
        offsets = [sum(map(len, encoded[:index])) for index in range(len(encoded))]
        data = b"".join(encoded)
        data += bytes(-len(data) % 4)
        header = struct.pack("<IIIII", len(encoded), 0, 0, 28 + 4 * len(encoded), 0)
        return _chunk(0x0001, header, struct.pack(f"<{len(offsets)}I", *offsets) + data)


def nested(depth: int) -> bytes:
    """A manifest in which each element holds another one."""
    xml = BinaryXml()
    xml.start("manifest", [("package", "org.example.deep")])
    for _ in range(depth):
        xml.start("e")
    for _ in range(depth):
        xml.end("e")
    xml.end("manifest")
    return xml.content()


def _chunk(kind: int, header: bytes, body: bytes) -> bytes:
    header_size = 8 + len(header)
    return struct.pack("<HHI", kind, header_size, header_size + len(body)) + header + body
