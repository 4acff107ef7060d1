"""Writes tables of contents in protobuf's binary form, field by field."""


def message(*fields: bytes) -> bytes:
    return b"".join(fields)


def text(number: int, value: str) -> bytes:
    return nested(number, value.encode())


def nested(number: int, *fields: bytes) -> bytes:
    content = message(*fields)
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value & 0xFFFF_FFFF_FFFF_FFFF)


def _varint(value: int) -> bytes:
    low = bytearray()
    while value > 0x7F:
        low.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*low, value])
