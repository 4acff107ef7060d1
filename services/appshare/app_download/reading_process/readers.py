"""Has files read, each by a process of its own; a host, which is started when it is needed, forks them."""

import asyncio
import atexit
import json
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

from appshare.app_download.reading_process.host import NO_PROCESS, REQUEST

_IDLE = 60.0
"""Seconds without a reading after which the memory of the host is given back."""

_CHUNK = 1 << 18
"""Bytes of a report that are taken at once."""

_LONGEST_END = 16
"""Bytes that say how a process has ended."""


class Readers:
    """Has files read by a program.

    Args:
        program: The module that is run; it calls `serve`.
    """

    def __init__(self, program: str) -> None:
        self._program = program
        self._host: _Host | None = None
        self._running = 0
        self._rest: asyncio.TimerHandle | None = None
        atexit.register(self._end_host)

    @asynccontextmanager
    async def reading(self, path: Path, request: Mapping[str, Any]) -> AsyncIterator["Reading"]:
        """A process that reads a file as a request says; it has ended afterwards, whatever happens.

        It has none of our environment, and of what we have open the file only.

        Raises:
            OSError: The file cannot be opened, or the host cannot be started.
        """
        with path.open("rb") as file, self._host_in_use() as host:
            reading = Reading(host, file)
            try:
                await reading.ask(request)
                yield reading
            finally:
                await reading.close()

    @contextmanager
    def _host_in_use(self) -> Iterator["_Host"]:
        if self._rest:
            self._rest.cancel()
        if self._host is None or not self._host.is_running():
            self._end_host()
            self._host = _Host(self._program)
        self._running += 1
        try:
            yield self._host
        finally:
            self._running -= 1
            if not self._running:
                self._rest = asyncio.get_running_loop().call_later(_IDLE, self._end_host)

    def _end_host(self) -> None:
        if self._host:
            self._host.end()
        self._host = None


class Reading:
    """A process that reads one file."""

    def __init__(self, host: "_Host", file: BinaryIO) -> None:
        self._exchange, its_exchange = socket.socketpair()
        self._end, its_end = socket.socketpair()
        for ours in (self._exchange, self._end):
            ours.settimeout(0)
        self._said_in_the_end: bytes | None = None
        with its_exchange, its_end:
            host.hand(file.fileno(), its_exchange.fileno(), its_end.fileno())

    async def ask(self, request: Mapping[str, Any]) -> None:
        """Says what to do with the file."""
        with suppress(ConnectionError):  # it has ended: its exit code tells
            await asyncio.get_running_loop().sock_sendall(self._exchange, json.dumps(request).encode())
            self._exchange.shutdown(socket.SHUT_WR)

    async def report(self, longest: int) -> bytes:
        """All that it says.

        Raises:
            ValueError: It says more bytes than that: no report, whatever has made it say so.
        """
        chunks, size = [], 0
        async for chunk in self._chunks():
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
        async for chunk in self._chunks():
            *lines, rest = (rest + chunk).split(b"\n")
            if len(rest) > longest:
                raise ValueError("the line is too long")
            for line in lines:
                yield line

    async def exit_code(self) -> int:
        """Waits until the process has ended; negative: the signal that has ended it.

        Raises:
            OSError: None could be started.
        """
        if self._said_in_the_end is None:
            self._said_in_the_end = await asyncio.get_running_loop().sock_recv(self._end, _LONGEST_END)
        if self._said_in_the_end == NO_PROCESS:
            raise OSError("no process can be started")
        # A host that was killed says nothing any more.
        return int(self._said_in_the_end or -signal.SIGKILL)

    async def close(self) -> None:
        """Ends the process, if it has not ended."""
        with self._exchange, self._end, suppress(OSError):
            if self._said_in_the_end is None:
                self._end.shutdown(socket.SHUT_WR)
                await self.exit_code()

    async def _chunks(self) -> AsyncIterator[bytes]:
        loop = asyncio.get_running_loop()
        with suppress(ConnectionError):  # it has ended with the request unread
            while chunk := await loop.sock_recv(self._exchange, _CHUNK):
                yield chunk


class _Host:
    """The process that forks the others; it ends with this one, also when this one is killed."""

    def __init__(self, program: str) -> None:
        self._requests, its_requests = socket.socketpair()
        with its_requests:
            self._process = subprocess.Popen(  # noqa: S603 - a program of our own
                [sys.executable, "-I", "-m", program],
                stdin=its_requests.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env={},
                cwd="/",
                start_new_session=True,  # Ctrl-C is for us to handle
            )

    def is_running(self) -> bool:
        return self._process.poll() is None

    def hand(self, *files: int) -> None:
        """Has a process forked that gets these files."""
        socket.send_fds(self._requests, [REQUEST], files)

    def end(self) -> None:
        """Ends it, and whatever still reads."""
        self._requests.close()
        self._process.wait()
