"""The messages of a table of contents in both forms that bundletool writes: protobuf's bytes and its JSON.

A reader of our own: only the fields of a fixed depth are looked at, so that no bytes can cost more than their length.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from appshare.app_download.package_reading.refusal import PackageRefused, RefusalReason

T = TypeVar("T")

_VARINT, _FIXED_64, _BYTES, _FIXED_32 = 0, 1, 2, 5
_FIXED_SIZES = {_FIXED_64: 8, _FIXED_32: 4}
_MORE = 0x80
"""The bit of a byte that says that the number goes on."""
_LONGEST_NUMBER = 10
"""Bytes that a number of 64 bits takes."""

_MOST = 5000
"""Values of one field; the largest tables have some hundred languages, and some hundred files in a module."""
_LONGEST_TEXT = 500
"""Characters; the texts are names and paths, and may be shown."""

_WRAPPED = 1
"""The field of `google.protobuf.Int32Value` that holds its number."""


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a message: its number in bytes, its name in JSON."""

    number: int
    name: str


class Message(Protocol):
    """A message; what it does not have is empty.

    Every method raises PackageRefused where a field is not of its type.
    """

    def messages(self, field: Field) -> "list[Message]":
        """The messages of a repeated field."""

    def message(self, field: Field) -> "Message | None":
        """The message of a field, None if it is missing."""

    def texts(self, field: Field) -> list[str]:
        """The strings of a field."""

    def number(self, field: Field, names: tuple[str, ...] = ()) -> int:
        """The number of a field, 0 if it is missing; an enum's values are named from 0 on, -1 is none of them."""

    def wrapped(self, field: Field) -> list[int]:
        """The numbers of a field of `Int32Value`."""


def malformed(problem: str) -> PackageRefused:
    """The refusal of a table of contents that cannot be read."""
    return PackageRefused(RefusalReason.MALFORMED_SET, f"the table of contents cannot be read: {problem}")


class BinaryMessage:
    """A message in protobuf's binary form."""

    def __init__(self, data: bytes) -> None:
        self._fields: dict[int, list[int | bytes]] = {}
        position = 0
        while position < len(data):
            key, position = _varint(data, position)
            value, position = _value(data, position, key & 7)
            self._fields.setdefault(key >> 3, []).append(value)

    def messages(self, field: Field) -> list[Message]:
        """See Message."""
        return [BinaryMessage(data) for data in self._contents(field.number)]

    def message(self, field: Field) -> Message | None:
        """See Message; a field that is there twice is one message, put together."""
        contents = self._contents(field.number)
        return BinaryMessage(b"".join(contents)) if contents else None

    def texts(self, field: Field) -> list[str]:
        """See Message."""
        try:
            return _checked_texts([data.decode() for data in self._contents(field.number)])
        except UnicodeDecodeError:
            raise malformed("a text is not UTF-8") from None

    def number(self, field: Field, names: tuple[str, ...] = ()) -> int:
        """See Message."""
        values = self._fields.get(field.number, [0])
        if not isinstance(values[-1], int):
            raise malformed("a number is none")
        return values[-1]

    def wrapped(self, field: Field) -> list[int]:
        """See Message."""
        return [BinaryMessage(data).number(Field(_WRAPPED, "value")) for data in self._contents(field.number)]

    def _contents(self, number: int) -> list[bytes]:
        values = self._fields.get(number, [])
        contents = [value for value in values if isinstance(value, bytes)]
        if len(contents) < len(values):
            raise malformed("a field is not of its type")
        return _counted(contents)


class JsonMessage:
    """A message in protobuf's JSON form."""

    def __init__(self, content: Any) -> None:
        if not isinstance(content, Mapping):
            raise malformed("a message is none")
        self._content = content

    @classmethod
    def parse(cls, data: bytes) -> "JsonMessage":
        """The message that a JSON text is."""
        try:
            return cls(json.loads(data))
        except (ValueError, RecursionError):
            raise malformed("it is not JSON") from None

    def messages(self, field: Field) -> list[Message]:
        """See Message."""
        return [JsonMessage(each) for each in self._list(field)]

    def message(self, field: Field) -> Message | None:
        """See Message."""
        content = self._content.get(field.name)
        return None if content is None else JsonMessage(content)

    def texts(self, field: Field) -> list[str]:
        """See Message."""
        return _checked_texts(self._list(field))

    def number(self, field: Field, names: tuple[str, ...] = ()) -> int:
        """See Message."""
        value = self._content.get(field.name, 0)
        if names and isinstance(value, str):
            return names.index(value) if value in names else -1
        return _number(value)

    def wrapped(self, field: Field) -> list[int]:
        """See Message."""
        return [_number(each) for each in self._list(field)]

    def _list(self, field: Field) -> list[Any]:
        content = self._content.get(field.name)
        if content is None:
            return []
        return _counted(content if isinstance(content, list) else [content])


def _counted(values: list[T]) -> list[T]:
    if len(values) > _MOST:
        raise malformed(f"a field has more than {_MOST} values")
    return values


def _checked_texts(texts: list[Any]) -> list[str]:
    for text in texts:
        if not isinstance(text, str) or len(text) > _LONGEST_TEXT or not text.isprintable():
            raise malformed("a text is no name")
    return texts


def _varint(data: bytes, position: int) -> tuple[int, int]:
    """A number of 64 bits, with its sign, and where it ends."""
    number = 0
    for index, byte in enumerate(data[position : position + _LONGEST_NUMBER]):
        number |= (byte & ~_MORE) << 7 * index
        if not byte & _MORE:
            number &= (1 << 64) - 1
            return (number - (1 << 64) if number >> 63 else number), position + index + 1
    raise malformed("a number has no end")


def _value(data: bytes, position: int, kind: int) -> tuple[int | bytes, int]:
    """A field's value and where it ends."""
    if kind == _VARINT:
        return _varint(data, position)
    if kind == _BYTES:
        size, position = _varint(data, position)
    elif kind in _FIXED_SIZES:
        size = _FIXED_SIZES[kind]
    else:
        raise malformed("a field of an unknown kind")
    end = position + size
    if not position <= end <= len(data):
        raise malformed("a field ends after the end")
    return data[position:end], end


def _number(value: Any) -> int:
    """A number of JSON, where protobuf also takes it as text."""
    if isinstance(value, str) and value.removeprefix("-").isdecimal() and len(value) <= len(str(1 << 63)):
        return int(value)
    if isinstance(value, int):
        return int(value)
    raise malformed("a number is none")
