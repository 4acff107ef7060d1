"""The adb server that runs on this machine, through the library adbutils.

No server is started here: it would stay behind when the command has ended.
"""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from adbutils import AdbClient
from adbutils._adb import AdbConnection

_PATIENCE = 10.0
"""Seconds for an answer of the server: what is no adb server may accept a connection and say nothing."""


class _Connection(AdbConnection):
    """A connection to the server that is there."""

    def _safe_connect(self) -> Any:
        """Connects; the library's own would start a server where there is none."""
        return self._create_socket()


class AdbServer(AdbClient):
    """The server at an address."""

    def make_connection(self, timeout: float | None = None) -> _Connection:
        """Connects; raises `AdbError` when no server is there."""
        connection = _Connection(self.host, self.port)
        connection.conn.settimeout(timeout or _PATIENCE)
        return connection

    def features(self, serial: str) -> list[str]:
        """What a phone's adb can do."""
        with self.make_connection() as connection:
            connection.send_command(f"host-serial:{serial}:features")
            connection.check_okay()
            listed: str = connection.read_string_block()
        return listed.split(",")

    @contextmanager
    def execute(self, serial: str, command: str, silence: float) -> Iterator[socket.socket]:
        """A command that runs on a phone: its input and its output, as they are.

        Args:
            silence: seconds that the phone may say or take nothing.
        """
        with self.make_connection() as connection:
            for service in (f"host:transport:{serial}", f"exec:{command}"):
                connection.send_command(service)
                connection.check_okay()
            wire: socket.socket = connection.conn
            wire.settimeout(silence)
            yield wire
