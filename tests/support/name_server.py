"""A DNS server that knows one name, for those who are told to ask it: nothing of the machine is changed."""

import struct
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from ipaddress import IPv4Address
from socketserver import BaseRequestHandler, UDPServer

from appshare.rpc.address import Address

_HEADER = struct.Struct("!HHHHHH")
_RECORD = struct.Struct("!HHHIH")
_A, _IN = 1, 1
_AUTHORITATIVE = 0x8580
"""The flags of an answer without an error, of one who knows."""
_THE_NAME_ASKED_FOR = 0xC000 | _HEADER.size
"""A pointer to the question, which is behind the header."""


class NameServer:
    """Answers each question for IPv4 addresses with the same ones, and any other with none (RFC 1035, 4.1).

    Attributes:
        address: where it is asked.
        hosts: what every name resolves to; may be changed at any time.
    """

    def __init__(self, hosts: Sequence[str]) -> None:
        self.hosts = hosts
        self._server = UDPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"served": self}))
        self.address = Address(*self._server.server_address[:2])

    @contextmanager
    def running(self) -> Iterator["NameServer"]:
        thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()
            thread.join()

    def answer(self, query: bytes) -> bytes:
        """The answer to a query of one question."""
        [number, *_] = _HEADER.unpack_from(query)
        name_end = query.index(b"\0", _HEADER.size) + 1
        kind, _ = struct.unpack_from("!HH", query, name_end)
        found = [IPv4Address(host).packed for host in self.hosts] if kind == _A else []
        question = query[_HEADER.size : name_end + 4]
        head = _HEADER.pack(number, _AUTHORITATIVE, 1, len(found), 0, 0)
        return head + question + b"".join(_RECORD.pack(_THE_NAME_ASKED_FOR, _A, _IN, 1, 4) + each for each in found)


class _Handler(BaseRequestHandler):
    """Answers one query."""

    served: NameServer

    def handle(self) -> None:
        query, socket = self.request
        socket.sendto(self.served.answer(query), self.client_address)
