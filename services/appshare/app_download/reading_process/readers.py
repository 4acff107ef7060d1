"""Has files read, each by a process of its own."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from appshare.process.forking.forks import Fork, Forks, HostProgram

_IDLE = 60.0
"""Seconds without a reading after which the memory of the host is given back."""


class Readers:
    """Has files read by a program.

    Args:
        program: The module that is run; it calls `serve`.
    """

    def __init__(self, program: str) -> None:
        self._forks = Forks(HostProgram(["-I", "-m", program], environment={}, folder="/", is_silent=True))
        self._running = 0
        self._rest: asyncio.TimerHandle | None = None

    @asynccontextmanager
    async def reading(self, path: Path, request: Mapping[str, Any]) -> AsyncIterator["Reading"]:
        """A process that reads a file as a request says; it has ended afterwards, whatever happens.

        It has none of our environment, and of what we have open the file only.

        Raises:
            OSError: The file cannot be opened, or the host cannot be started.
        """
        with path.open("rb") as file:
            if self._rest:
                self._rest.cancel()
            self._running += 1
            try:
                fork = await self._forks.fork(file.fileno(), request)
                try:
                    yield Reading(fork)
                finally:
                    await fork.close()
            finally:
                self._running -= 1
                if not self._running:
                    self._rest = asyncio.get_running_loop().call_later(_IDLE, self._forks.end)


class Reading:
    """A process that reads one file."""

    def __init__(self, fork: Fork) -> None:
        self._fork = fork
        self.exit_code = fork.exit_code

    async def report(self, longest: int) -> bytes:
        """All that it says.

        Raises:
            ValueError: It says more bytes than that: no report, whatever has made it say so.
        """
        chunks, size = [], 0
        async for chunk in self._fork.chunks():
            size += len(chunk)
            if size > longest:
                raise ValueError("the report is too long")
            chunks.append(chunk)
        return b"".join(chunks)

    async def lines(self, longest: int) -> AsyncIterator[bytes]:
        """What it says, as it comes.

        Raises:
            ValueError: A line has more bytes than the longest may have.
        """
        rest = b""
        async for chunk in self._fork.chunks():
            *lines, rest = (rest + chunk).split(b"\n")
            if len(rest) > longest:
                raise ValueError("the line is too long")
            for line in lines:
                yield line
