"""Requests that nobody would send: messages of a type with odd values, and bytes that are hardly a message."""

from collections import deque
from random import Random
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

_DEEPEST = 6
_KEPT_WORDS = 300
_LARGE = 100_000
"""Characters of a text, or bytes of a request, that are large but no more than gRPC takes."""

_TEXTS = (
    "",
    " ",
    "\x00",
    "\n",
    "a",
    "A" * 22,
    "x" * 65,
    "长" * 201,
    "\u202e\u0000\uffff",
    "🎈" * 1000,
    "'; DROP TABLE devices; --",
    "%s%n{0}${x}",
    "../../etc/passwd",
    "[1, 2]",
    "WyJhIl0=",
    "W1tbW1tbW10=",
    "WzkyMjMzNzIwMzY4NTQ3NzU4MDhd",
    "NaN",
    "-1",
    "+8613800138000",
    "+1 650 253 0000",
    "13800138000",
    "110",
    "tel:+86-138",
    "٠١٢٣٤٥٦٧٨٩",
    "CN",
    "org.appshare.sample.chat",
    "arm64-v8a",
    "14",
    "https://apps.apple.com/app/id1",
    "0" * 64,
)
_NUMBERS = (0, 1, 2, 3, 49, 50, 200, 201, 2**15, 2**31 - 1, 2**31, 2**32 - 1, 2**53, 2**63 - 1, 2**63, 2**64 - 1)

_INTEGERS = {
    FieldDescriptor.CPPTYPE_BOOL: (0, 1),
    FieldDescriptor.CPPTYPE_UINT32: (0, 2**32 - 1),
    FieldDescriptor.CPPTYPE_UINT64: (0, 2**64 - 1),
    FieldDescriptor.CPPTYPE_INT32: (-(2**31), 2**31 - 1),
    FieldDescriptor.CPPTYPE_INT64: (-(2**63), 2**63 - 1),
}
"""What fits into a field; the contract has no fractions."""


class Messages:
    """Makes requests. What the cloud has said in its answers comes back in them."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._words: deque[str] = deque(maxlen=_KEPT_WORDS)

    def learn(self, message: Message) -> None:
        """Keeps the texts of an answer: ids, page tokens, names."""
        for descriptor, value in message.ListFields():
            values = value if descriptor.is_repeated else [value]
            for each in list(values)[:3]:
                if isinstance(each, Message):
                    self.learn(each)
                elif isinstance(each, str) and each:
                    self._words.append(each)

    def request(self, kind: Descriptor) -> bytes:
        """The bytes of a request of a type: mostly a message of it, often with damage, now and then anything."""
        if self._random.random() < 0.05:
            return self._random.randbytes(self._random.choice((0, 1, 7, 100, 5000)))
        written = self.message(kind).SerializeToString()
        return self._damaged(written) if self._random.random() < 0.3 else written

    def message(self, kind: Descriptor, depth: int = 0) -> Message:
        """A message of a type with random fields."""
        message = GetMessageClass(kind)()
        for descriptor in kind.fields:
            if depth < _DEEPEST and self._random.random() < 0.7:
                self._set(message, descriptor, depth)
        return message

    def text(self) -> str:
        """A text that the cloud has said, or an odd one."""
        if self._words and self._random.random() < 0.6:
            return self._random.choice(self._words)
        if self._random.random() < 0.002:
            return "x" * _LARGE
        return self._random.choice(_TEXTS)

    def _set(self, message: Message, descriptor: FieldDescriptor, depth: int) -> None:
        if not descriptor.is_repeated:
            self._put(message, descriptor, depth)
            return
        many = getattr(message, descriptor.name)
        count = self._random.choice((0, 1, 1, 2, 3))
        if self._random.random() < 0.02:
            count = self._random.choice((101, 201, 1000)) >> 2 * depth
        for _ in range(count):
            if descriptor.message_type:
                many.add().CopyFrom(self.message(descriptor.message_type, depth + 1))
            else:
                many.append(self._scalar(descriptor))

    def _put(self, message: Message, descriptor: FieldDescriptor, depth: int) -> None:
        if descriptor.message_type:
            getattr(message, descriptor.name).CopyFrom(self.message(descriptor.message_type, depth + 1))
        else:
            setattr(message, descriptor.name, self._scalar(descriptor))

    def _scalar(self, descriptor: FieldDescriptor) -> Any:
        if descriptor.type == FieldDescriptor.TYPE_BYTES:
            return self._random.randbytes(self._random.randrange(1000))
        if descriptor.type == FieldDescriptor.TYPE_STRING:
            return self.text()
        if descriptor.type == FieldDescriptor.TYPE_ENUM:
            return self._random.choice((0, 1, 2, 3, 4, 99, 2**31 - 1, -1))
        lowest, highest = _INTEGERS[descriptor.cpp_type]
        return lowest + self._random.choice(_NUMBERS) % (highest - lowest + 1)

    def _damaged(self, written: bytes) -> bytes:
        content = bytearray(written or b"\n\x01a")
        for _ in range(self._random.choice((1, 1, 2, 5))):
            where = self._random.randrange(len(content) + 1)
            match self._random.randrange(5):
                case 0:
                    del content[where:]
                case 1:
                    content[where:where] = self._random.randbytes(self._random.randrange(1, 9))
                case 2:
                    content[where : where + 1] = bytes([self._random.randrange(256)])
                case 3:
                    content += content[:where]
                case _:
                    content[where:where] = b"\xff" * 11  # no varint is that long
        return bytes(content[: 10 * _LARGE])
