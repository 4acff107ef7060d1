"""Connections that do not speak HTTP/2 as they should."""

import asyncio
from random import Random

_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_SETTINGS = b"\x00\x00\x00\x04\x00\x00\x00\x00\x00"
_PATIENCE = 2.0


async def send_broken_frames(address: str, random: Random) -> None:
    """Opens a connection, sends what is no call, and reads until the server has had enough, or nothing comes.

    Raises:
        OSError: the server has ended the connection.
    """
    host, _, port = address.rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        writer.write(_bytes(random))
        await writer.drain()
        async with asyncio.timeout(_PATIENCE):
            while await reader.read(65536):
                pass
    except TimeoutError:
        pass
    finally:
        writer.close()


def _bytes(random: Random) -> bytes:
    match random.randrange(5):
        case 0:
            return random.randbytes(random.randrange(1, 2000))
        case 1:
            return b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
        case 2:
            return _PREFACE[: random.randrange(len(_PREFACE))]
        case 3:
            return _PREFACE + random.randbytes(500)
        case _:
            frames = b"".join(_frame(random) for _ in range(random.randrange(1, 30)))
            return _PREFACE + _SETTINGS + frames


def _frame(random: Random) -> bytes:
    """A frame of a kind that may be, whose content is by chance."""
    content = random.randbytes(random.choice((0, 4, 5, 8, 30)))
    length = len(content) if random.randrange(10) else random.randrange(2**24)
    head = length.to_bytes(3, "big") + bytes([random.randrange(12), random.randrange(256)])
    return head + random.choice((0, 1, 2, 3, 2**31 - 1)).to_bytes(4, "big") + content
