"""Servers in processes of their own, and what these use."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Served:
    """A running server."""

    address: str
    process_id: int

    def resident(self) -> float:
        """KiB of memory."""
        status = Path(f"/proc/{self.process_id}/status").read_text(encoding="utf-8")
        [line] = [each for each in status.splitlines() if each.startswith("VmRSS")]
        return float(line.split()[1])

    def processor_time(self) -> float:
        """Seconds that it has used, and all processes that it has started."""
        return _processor_time(self.process_id)


def machine_time() -> float:
    """Seconds that the processors of this machine were busy, with whatever there was."""
    first = Path("/proc/stat").read_text(encoding="utf-8").partition("\n")[0]
    user, nice, system, _idle, _waiting, *others = map(int, first.split()[1:9])
    return (user + nice + system + sum(others)) / _TICKS


def _processor_time(process_id: int) -> float:
    folder = Path(f"/proc/{process_id}")
    try:
        stat = (folder / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        children = " ".join(path.read_text(encoding="utf-8") for path in folder.glob("task/*/children")).split()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0  # it has just ended: from now on its time is in its parent's
    own_and_ended = sum(map(int, stat[11:15]))  # utime, stime, cutime, cstime
    return own_and_ended / _TICKS + sum(map(_processor_time, map(int, children)))


@contextmanager
def running_process(
    *arguments: str, speaks_on: str, environment: Mapping[str, str] | None = None
) -> Iterator[tuple[str, int]]:
    """The first line that a process says, and its id.

    Args:
        environment: variables that it has besides ours.
    """
    pipes = {"stdin": subprocess.DEVNULL, speaks_on: subprocess.PIPE}
    variables = {**os.environ, **(environment or {})}
    process = subprocess.Popen([sys.executable, *arguments], text=True, env=variables, **pipes)  # type: ignore[call-overload]  # noqa: S603
    pipe = getattr(process, speaks_on)
    reading = Thread(target=pipe.read)  # what nobody reads would hold the process up
    try:
        line = pipe.readline()
        reading.start()
        yield line, process.pid
    finally:
        process.terminate()
        process.wait()
        reading.join()
        pipe.close()
