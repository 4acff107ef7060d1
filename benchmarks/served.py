"""Servers in processes of their own, and what these use."""

import os
import subprocess
import sys
from collections.abc import Iterator
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
        """Seconds that it has used."""
        stat = Path(f"/proc/{self.process_id}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        return (int(stat[11]) + int(stat[12])) / _TICKS


@contextmanager
def running_process(*arguments: str, speaks_on: str) -> Iterator[tuple[str, int]]:
    """The first line that a process says, and its id."""
    pipes = {"stdin": subprocess.DEVNULL, speaks_on: subprocess.PIPE}
    process = subprocess.Popen([sys.executable, *arguments], text=True, **pipes)  # type: ignore[call-overload]  # noqa: S603
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
