"""Where the demo plays: a cloud that runs, and how to reach it."""

import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from demo.server_process import ServerProcess, running_server_process


class Stage(Protocol):
    """A running cloud."""

    @property
    def devices(self) -> str:
        """Where devices reach it, host:port."""

    @property
    def admin(self) -> Sequence[str]:
        """The program `appshare-admin` for it, with its first arguments."""

    @property
    def reaches_this_machine(self) -> bool:
        """Whether it can call what listens on this machine's loopback."""

    def code(self, registration_id: str) -> str:
        """The one-time code of a registration, from the log."""

    def for_admin(self, path: Path) -> str:
        """The path under which `appshare-admin` finds a file or folder of this machine."""


class LocalStage:
    """`appshare-server all` on this machine."""

    def __init__(self, server: ServerProcess) -> None:
        self.devices = server.devices
        self.admin = (sys.executable, "-m", "appshare.operator", "--data", str(server.data))
        self.reaches_this_machine = True
        self._server = server

    def code(self, registration_id: str) -> str:
        """The one-time code of a registration, from the log."""
        return self._server.code(registration_id)

    def for_admin(self, path: Path) -> str:
        """The path under which `appshare-admin` finds a file or folder of this machine."""
        return str(path)


@contextmanager
def local_stage() -> Iterator[LocalStage]:
    """Runs a cloud on free ports with its data in a temporary folder."""
    with tempfile.TemporaryDirectory(prefix="appshare-demo-") as folder:
        data = Path(folder) / "data"
        with running_server_process(data, Path(folder) / "server.log") as server:
            yield LocalStage(server)
