"""Frames of HTTP/2 (RFC 9113) as somebody writes them who has no client for it, and means no good."""

from collections.abc import Iterable

HALF_PREFACE = b"PRI * HTTP/2.0\r\n"
PREFACE = HALF_PREFACE + b"\r\nSM\r\n\r\n"

_HEADERS, _RESET, _SETTINGS, _PING, _CONTINUATION = 1, 3, 4, 6, 9
_END_STREAM, _END_HEADERS = 1, 4
_CANCEL = (8).to_bytes(4, "big")

LARGEST_FRAME = 16_384


def opening() -> bytes:
    """What a client says first."""
    return PREFACE + _frame(_SETTINGS, 0, 0, b"")


def settings() -> bytes:
    """Settings, which the other side has to acknowledge."""
    return _frame(_SETTINGS, 0, 0, bytes(6))


def ping() -> bytes:
    """A ping, which the other side has to answer."""
    return _frame(_PING, 0, 0, bytes(8))


def begun_call(stream: int, path: str, more: Iterable[tuple[str, str]] = ()) -> bytes:
    """The head of a call; its message does not follow."""
    return _frame(_HEADERS, _END_HEADERS, stream, _call_head(path, more))


def begun_head(stream: int, path: str) -> bytes:
    """A part of the head of a call; `continued_head` goes on with it."""
    return _frame(_HEADERS, 0, stream, _call_head(path, ()))


def continued_head(stream: int, content: bytes) -> bytes:
    """More of a head that has begun, and not its end."""
    return _frame(_CONTINUATION, 0, stream, content)


def header(name: str, value: str) -> bytes:
    """A header, literal and without compression (RFC 7541, 6.2.2)."""
    return b"\0" + _text(name) + _text(value)


def message(stream: int, content: bytes, announced: int) -> bytes:
    """A message of a call that is announced to have so many bytes, as much of it as `content` is."""
    data = b"\0" + announced.to_bytes(4, "big") + content
    parts = range(0, len(data), LARGEST_FRAME)
    return b"".join(_frame(0, 0, stream, data[start : start + LARGEST_FRAME]) for start in parts)


def reset(stream: int) -> bytes:
    """Ends a call without waiting for its answer."""
    return _frame(_RESET, 0, stream, _CANCEL)


def _call_head(path: str, more: Iterable[tuple[str, str]]) -> bytes:
    headers = [
        (":method", "POST"),
        (":scheme", "http"),
        (":path", path),
        (":authority", "appshare"),
        ("te", "trailers"),
        ("content-type", "application/grpc"),
        *more,
    ]
    return b"".join(header(name, value) for name, value in headers)


def _frame(kind: int, flags: int, stream: int, content: bytes) -> bytes:
    return len(content).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + content


def _text(text: str) -> bytes:
    length, content = len(text), text.encode()
    if length < 127:
        return bytes([length]) + content
    rest, encoded = length - 127, bytearray([127])
    while rest > 127:
        encoded.append(rest % 128 + 128)
        rest //= 128
    encoded.append(rest)
    return bytes(encoded) + content
