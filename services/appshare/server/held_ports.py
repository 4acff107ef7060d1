"""Ports of this machine that are held for processes, also while these are away."""

import secrets
import socket
from contextlib import ExitStack, closing, suppress
from types import TracebackType
from typing import Self

from appshare.rpc.address import Address

_NEVER_GIVEN = range(16_384, 32_768)
"""Ports below those that systems give to connections by themselves (Linux: from 32768; IANA: from 49152)."""

_TRIES = 1_000


class HeldPorts:
    """Takes free ports, and keeps them from everybody else while the context is open.

    A port is held by a socket that is bound and never listens. Who names the port can listen there all the same, as
    servers do that may come back at once; who looks for a free one passes it over. So nobody takes the port of a
    process that crashed, and answers its callers in its place.
    """

    def __init__(self) -> None:
        self._sockets = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._sockets.close()

    def take(self, address: Address) -> Address:
        """The address, with a port that nobody has where it names none.

        Raises:
            OSError: no port is free.
        """
        if address.port:
            return address
        for _ in range(_TRIES):
            port = secrets.randbelow(_NEVER_GIVEN.stop - _NEVER_GIVEN.start) + _NEVER_GIVEN.start
            with suppress(OSError):
                self._hold(address.host, port)
                return Address(address.host, port)
        raise OSError(f"no free port was found on {address.host}")

    def _hold(self, host: str, port: int) -> None:
        """Holds a port; raises OSError when somebody listens there, or holds it."""
        with _bound(host, port, shared=False):
            pass
        self._sockets.enter_context(_bound(host, port, shared=True))


def _bound(host: str, port: int, *, shared: bool) -> "closing[socket.socket]":
    [(family, kind, protocol, _, place), *_] = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    bound = socket.socket(family, kind, protocol)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, shared)
        bound.bind(place)
    except BaseException:
        bound.close()
        raise
    return closing(bound)
