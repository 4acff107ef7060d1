"""An attacker, in a process of its own: `python -m tests.e2e.abuse.attacker ADDRESS ATTACK CONNECTIONS SECONDS`.

It writes a line of JSON when its connections are open, and one at the end: what became of them.
"""

import json
import resource
import select
import socket
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from tests.e2e.abuse.attacks import ATTACKS, TLS_ATTACKS, Attack

_FIRST_HOST = 2
"""The honest callers are at 127.0.0.1."""
_PORTS_OF_AN_ADDRESS = 10_000
_SPARE_FILES = 100


@dataclass
class Outcome:
    """What became of the connections.

    Attributes:
        refused: could not be opened.
        closed: ended by the server.
        sent: bytes.
    """

    opened: int = 0
    refused: int = 0
    closed: int = 0
    sent: int = 0


class Connection:
    """A connection to the server."""

    def __init__(self, server: tuple[str, int], index: int, attack: Attack) -> None:
        source = f"127.0.0.{_FIRST_HOST + index // _PORTS_OF_AN_ADDRESS}"
        self._socket = socket.create_connection(server, timeout=30, source_address=(source, 0))
        self._socket.settimeout(0)
        self._pending = attack.first_words
        self._more: Iterator[bytes] = attack.more() if attack.more else iter(())
        self._pause = attack.pause
        self._next = 0.0
        self.sent = 0
        self.is_open = True

    def go_on(self) -> None:
        """Takes what the server has said, and says the next."""
        try:
            while received := self._socket.recv(65_536):
                del received
            self._close()
        except BlockingIOError:
            self._say()
        except OSError:
            self._close()

    def _say(self) -> None:
        if not self._pending and time.monotonic() >= self._next:
            self._pending = next(self._more, b"")
            self._next = time.monotonic() + self._pause
        if not self._pending:
            return
        try:
            count = self._socket.send(self._pending)
        except BlockingIOError:
            return
        except OSError:
            self._close()
            return
        self.sent += count
        self._pending = self._pending[count:]

    def _close(self) -> None:
        self.is_open = False
        self._socket.close()

    def fileno(self) -> int:
        return self._socket.fileno()


def attack(server: tuple[str, int], how: Attack, connections: int, seconds: float) -> Iterator[Outcome]:
    """Attacks; yields the outcome when all is open, and at the end."""
    outcome, opened = Outcome(), []
    for index in range(how.connections(connections)):
        try:
            connection = Connection(server, index, how)
        except OSError:
            outcome.refused += 1
        else:
            connection.go_on()
            opened.append(connection)
            outcome.opened += 1
    yield outcome
    until = time.monotonic() + seconds
    while time.monotonic() < until and (still_open := [each for each in opened if each.is_open]):
        for connection in still_open:
            connection.go_on()
        if how.more is None or how.pause:
            time.sleep(0.2)
        else:
            select.select([], [each for each in still_open if each.is_open], [], 0.2)
    outcome.closed = sum(not each.is_open for each in opened)
    outcome.sent = sum(each.sent for each in opened)
    yield outcome


def main() -> None:
    """Attacks as the command line says."""
    address, name, connections, seconds = sys.argv[1:]
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = int(connections) + _SPARE_FILES
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted if hard == resource.RLIM_INFINITY else min(wanted, hard), hard))
    host, _, port = address.rpartition(":")
    for outcome in attack((host, int(port)), (ATTACKS | TLS_ATTACKS)[name], int(connections), float(seconds)):
        print(json.dumps(asdict(outcome)), flush=True)  # noqa: T201  # for whoever started it


if __name__ == "__main__":
    main()
