"""`appshare-server` as a person starts it: a real process with its own children, logs and data."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from appshare.process.lifetime import supervised_environment

_PATIENCE = 60.0
"""Seconds until something that must happen is taken not to happen; the tests fail then."""


@dataclass
class ServerProcess:
    """A running `appshare-server all`."""

    process: subprocess.Popen[str]
    data: Path
    log: Path

    @property
    def devices(self) -> str:
        """Where devices reach the gateway, host:port."""
        return self._endpoint("devices")

    @property
    def operators(self) -> str:
        """Where operators reach the gateway, host:port."""
        return self._endpoint("operators")

    def code(self, registration_id: str) -> str:
        """The one-time code of a registration, as the operator reads it in the log."""
        pattern = re.compile(rf'"registration_id": "{re.escape(registration_id)}", "code": "(\d+)"')
        for _ in _patiently():
            if found := pattern.search(self.log.read_text(encoding="utf-8")):
                return found[1]
        raise AssertionError("the code is not in the log")

    @property
    def host(self) -> int:
        """The process id of that from which the services are forked; 0: it is being started again."""
        return next(iter(_children_of(self.process.pid)), 0)

    def children(self) -> dict[str, int]:
        """The process ids of the services by name; where there are several of one, of the others with a number."""
        found: dict[str, int] = {}
        for pid, title in _children_of(self.host).items():
            if title.startswith("appshare-server "):
                name = title.split()[1]
                others = sum(each.startswith(name) for each in found)
                found[f"{name} {others + 1}" if others else name] = pid
        return found

    def kill_child(self, name: str) -> int:
        """Kills a service with no chance to clean up; returns its process id."""
        for _ in _patiently():
            if name in (children := self.children()):
                os.kill(children[name], signal.SIGKILL)
                return children[name]
        raise AssertionError(f"{name} is not running")

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Stops the server; returns its exit code."""
        self.process.send_signal(number)
        return self.process.wait(_PATIENCE)

    def _endpoint(self, name: str) -> str:
        endpoints = json.loads((self.data / "gateway" / "endpoints.json").read_text(encoding="utf-8"))
        return str(endpoints[name])


@contextmanager
def running_server_process(
    data: Path, log: Path, environment: Mapping[str, str] | None = None
) -> Iterator[ServerProcess]:
    """Starts `appshare-server all` on free ports and waits until it is ready.

    Args:
        environment: variables that it has besides ours.
    """
    with log.open("a", encoding="utf-8") as standard_error:
        process = subprocess.Popen(
            [sys.executable, "-m", "appshare.server", "all", "--free-ports", "--data", str(data)],
            stdin=subprocess.PIPE,  # ends with this program, also when that is killed, and the server with it
            stdout=subprocess.PIPE,
            stderr=standard_error,
            text=True,
            env={**supervised_environment(), **(environment or {})},
        )
    try:
        first = process.stdout.readline() if process.stdout else ""
        if "AppShare is ready" not in first:
            raise RuntimeError(f"the server did not start:\n{log.read_text(encoding='utf-8')}")
        yield ServerProcess(process, data, log)
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(_PATIENCE)
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()


def _children_of(process_id: int) -> dict[int, str]:
    """What they call themselves, by process id."""
    found = {}
    with suppress(OSError):  # it has just ended
        for child in Path(f"/proc/{process_id}/task/{process_id}/children").read_text(encoding="utf-8").split():
            with suppress(OSError):
                found[int(child)] = Path(f"/proc/{child}/cmdline").read_bytes().rstrip(b"\0").decode()
    return found


def wait_until_gone(process_id: int) -> bool:
    """Whether a process ends by itself."""
    return any(not Path(f"/proc/{process_id}/cmdline").exists() for _ in _patiently())


def _patiently() -> Iterator[None]:
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        yield
        time.sleep(0.02)
