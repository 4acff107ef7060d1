"""Has processes forked by a host, which is started when it is needed, and talks with them."""

import asyncio
import atexit
import json
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from appshare.process.forking.host import NO_PROCESS, REQUEST

_CHUNK = 1 << 18
"""Bytes of a report that are taken at once."""

_LONGEST_END = 16
"""Bytes that say how a process has ended."""


@dataclass(frozen=True)
class HostProgram:
    """The program of a host.

    Attributes:
        arguments: Of Python: the module that is run, which calls `serve`, and what follows it.
        environment: None: it has ours.
        folder: In which it runs; None: ours.
        is_silent: Whether what it and its processes write on standard error is for nobody.
    """

    arguments: Sequence[str]
    environment: Mapping[str, str] | None = None
    folder: str | None = None
    is_silent: bool = False


class Forks:
    """The processes that one host forks; it ends with this process, also when that is killed."""

    def __init__(self, program: HostProgram) -> None:
        self._program = program
        self._host: _Host | None = None
        atexit.register(self.end)

    @property
    def host_id(self) -> int | None:
        """The process id of the host; None: there is none."""
        return self._host.process.pid if self._host else None

    async def fork(self, file: int, request: Mapping[str, Any]) -> "Fork":
        """Starts a process, and where there is none, the host.

        Args:
            file: What becomes its standard input; still ours to close.
            request: What it has to do, as JSON has it.

        Raises:
            OSError: The host cannot be started.
        """
        if self._host is None or self._host.process.poll() is not None:
            self.end()
            self._host = _Host(self._program)
        fork = Fork(self._host.requests, file)
        try:
            await fork.ask(request)
        except BaseException:
            await fork.close()
            raise
        return fork

    def end(self) -> None:
        """Ends the host, which lasts until the last of its processes has ended; the next fork starts another."""
        if self._host:
            self._host.end()
        self._host = None


class Fork:
    """A process that was forked."""

    def __init__(self, requests: socket.socket, file: int) -> None:
        self._exchange, its_exchange = socket.socketpair()
        self._end, its_end = socket.socketpair()
        for ours in (self._exchange, self._end):
            ours.settimeout(0)
        self._ended: asyncio.Task[bytes] | None = None
        with its_exchange, its_end:
            socket.send_fds(requests, [REQUEST], [file, its_exchange.fileno(), its_end.fileno()])

    async def ask(self, request: Mapping[str, Any]) -> None:
        """Says what it has to do."""
        with suppress(ConnectionError):  # it has ended: its exit code tells
            await asyncio.get_running_loop().sock_sendall(self._exchange, json.dumps(request).encode())
            self._exchange.shutdown(socket.SHUT_WR)

    async def chunks(self) -> AsyncIterator[bytes]:
        """What it writes on standard output, as it comes."""
        loop = asyncio.get_running_loop()
        with suppress(ConnectionError):  # it has ended with the request unread
            while chunk := await loop.sock_recv(self._exchange, _CHUNK):
                yield chunk

    async def exit_code(self) -> int:
        """Waits until it has ended; negative: the signal that has ended it. Many may wait, and any of them give up.

        Raises:
            OSError: It could not be started.
        """
        if self._ended is None:
            self._ended = asyncio.create_task(self._read_end())
        said = await asyncio.shield(self._ended)
        if said == NO_PROCESS:
            raise OSError("no process can be started")
        # A host that was killed says nothing any more.
        return int(said or -signal.SIGKILL)

    async def close(self) -> None:
        """Ends it, if it has not ended, and forgets it."""
        with self._exchange, self._end:
            with suppress(OSError):  # the host has said how it ended, or has ended too
                self._end.send(bytes([signal.SIGKILL]))
            try:
                with suppress(OSError):
                    await self.exit_code()
            finally:
                if self._ended:
                    self._ended.cancel()

    async def _read_end(self) -> bytes:
        return await asyncio.get_running_loop().sock_recv(self._end, _LONGEST_END)


class _Host:
    """A host from its start to its end.

    Attributes:
        requests: where it is asked for processes.
    """

    def __init__(self, program: HostProgram) -> None:
        self.requests, its_requests = socket.socketpair()
        with its_requests:
            self.process = subprocess.Popen(  # noqa: S603 - a program of our own
                [sys.executable, *program.arguments],
                stdin=its_requests.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL if program.is_silent else None,
                env=program.environment,
                cwd=program.folder,
                start_new_session=True,  # Ctrl-C is for us to handle
            )

    def end(self) -> None:
        self.requests.close()
        self.process.wait()
