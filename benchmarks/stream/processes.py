"""The processes of a run: readers, bare servers, and what the system tells of all of them."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from benchmarks.stream.reader import Reading

_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Reader:
    """A process that reads."""

    output: IO[str]

    def seconds(self, least: int) -> float:
        """How long its streams took, when they have ended.

        Args:
            least: bytes that must have come.
        """
        seconds, received = self.output.readline().split()
        if int(received) < least:
            raise RuntimeError(f"only {received} bytes came of {least}")
        return float(seconds)


@contextmanager
def bare_server(*arguments: str) -> Iterator[tuple[str, int]]:
    """Runs `benchmarks.stream.bare`; yields its address and process id."""
    with _running("benchmarks.stream.bare", *arguments) as (process, _, output):
        yield output.readline().strip(), process.pid


@contextmanager
def open_reader(reading: Reading) -> Iterator[Reader]:
    """Runs a reader whose streams are open."""
    with _running("benchmarks.stream.reader") as (_, standard_input, output):
        standard_input.write(reading.json() + "\n")
        standard_input.flush()
        if output.readline().strip() != "open":
            raise RuntimeError("a reader could not open its streams")
        yield Reader(output)


def resident(process_id: int) -> float:
    """KiB of memory of a process."""
    status = Path(f"/proc/{process_id}/status").read_text(encoding="utf-8")
    [line] = [each for each in status.splitlines() if each.startswith("VmRSS")]
    return float(line.split()[1])


def processor_time(process_id: int) -> float:
    """Seconds that a process has used."""
    stat = Path(f"/proc/{process_id}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(stat[11]) + int(stat[12])) / _TICKS


@contextmanager
def _running(module: str, *arguments: str) -> Iterator[tuple[subprocess.Popen[str], IO[str], IO[str]]]:
    process = subprocess.Popen(  # noqa: S603
        [sys.executable, "-m", module, *arguments], text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with process:
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("a process without pipes")
        try:
            yield process, process.stdin, process.stdout
        finally:
            process.terminate()
