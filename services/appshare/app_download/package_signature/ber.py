"""ASN.1 in its basic encoding (X.690), as far as certificates and JAR signatures use it.

DER would not do: JAR signatures are written by many tools, and Android reads them all the same.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

from appshare.app_download.package_signature.faults import invalid

BOOLEAN = 0x01
INTEGER = 0x02
BIT_STRING = 0x03
OCTET_STRING = 0x04
OBJECT_IDENTIFIER = 0x06
UTF8_STRING = 0x0C
PRINTABLE_STRING = 0x13
SEQUENCE = 0x30
SET = 0x31

_CONSTRUCTED = 0x20
_LONG_TAG = 0x1F
_LONG_LENGTH = 0x80
_END_OF_CONTENTS = b"\0\0"
_DEPTH = 16
"""Of elements that do not say how long they are, one in the other."""


def context(number: int) -> int:
    """The tag [number] of an element that holds others."""
    return 0x80 | _CONSTRUCTED | number


@dataclass(frozen=True, slots=True)
class Element:
    """One element; `content` is without its tag and length, `encoded` all of it."""

    tag: int
    content: bytes
    encoded: bytes

    def expect(self, tag: int) -> Self:
        """The same element; raises PackageRefused if its tag is another one."""
        if self.tag != tag:
            raise invalid("an ASN.1 structure of the signature holds something else than it has to")
        return self

    def children(self) -> "Elements":
        """The elements within."""
        return Elements(self.content)


class Elements:
    """Elements one after the other; raises PackageRefused where they end too early or are not well formed."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def __iter__(self) -> Iterator[Element]:
        while self._at < len(self._data):
            yield self._read()

    def next(self, tag: int) -> Element:
        """The next element, which has to have this tag."""
        return self._read().expect(tag)

    def next_if(self, tag: int) -> Element | None:
        """The next element if it has this tag."""
        if self._data[self._at : self._at + 1] != bytes((tag,)):
            return None
        return self._read()

    def _read(self) -> Element:
        begin = self._at
        tag, start, end, self._at = _span(self._data, begin, _DEPTH)
        return Element(tag, self._data[start:end], self._data[begin : self._at])


def one(data: bytes, tag: int) -> Element:
    """The element that the data begins with, which has to have this tag."""
    return Elements(data).next(tag)


def object_identifier(name: str) -> bytes:
    """The content of an object identifier, from its numbers with dots between them."""
    first, second, *others = map(int, name.split("."))
    return b"".join(map(_base_128, (40 * first + second, *others)))


def _base_128(number: int) -> bytes:
    digits = [number & 0x7F]
    while number := number >> 7:
        digits.append(0x80 | number & 0x7F)
    return bytes(reversed(digits))


def _span(data: bytes, at: int, depth: int) -> tuple[int, int, int, int]:
    """Of the element at a place: its tag, where its content starts and ends, and where the next element starts."""
    if at + 2 > len(data) or data[at] & _LONG_TAG == _LONG_TAG:
        raise invalid("an ASN.1 structure of the signature is cut off, or has a tag that none of its kind has")
    tag, length, start = data[at], data[at + 1], at + 2
    if length == _LONG_LENGTH:
        end = _end_of_contents(data, start, depth - 1)
        return tag, start, end, end + len(_END_OF_CONTENTS)
    if length > _LONG_LENGTH:
        size = length - _LONG_LENGTH
        start, length = start + size, int.from_bytes(data[start : start + size])
    end = start + length
    if end > len(data):
        raise invalid("an ASN.1 structure of the signature is cut off")
    return tag, start, end, end


def _end_of_contents(data: bytes, at: int, depth: int) -> int:
    """Where the content ends that does not say how long it is."""
    if depth == 0:
        raise invalid("the ASN.1 structures of the signature are nested too deeply")
    while data[at : at + 2] != _END_OF_CONTENTS:
        at = _span(data, at, depth)[3]
    return at
