"""What runs in a host, and first in each process that it forks.

A fork takes milliseconds; a new Python that loads the same modules, a fifth of a second and more. A host has a single
thread, for of several a fork would copy one, and the locks of all. It never sees what its processes work on.
"""

import ctypes
import gc
import json
import os
import selectors
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeAlias

Run: TypeAlias = Callable[[dict[str, Any]], object]
"""What a process does with its request. Its standard input is the file that came with that; what it writes on standard
output is its report."""

REQUEST = b"R"
"""What is said of a request; with it come the file, the socket for request and report, the socket for the end."""

NO_PROCESS = b"!"
"""Said of the end of a process that could not be started; otherwise the exit code is, in digits."""

_HANDED = 3
"""Files that come with a request."""

_PR_SET_PDEATHSIG = 1
"""Number of Linux's `prctl`."""


def serve(run: Run, farewell: signal.Signals | None) -> None:
    """Starts a process for each request that comes over standard input, a socket; ends with that and with the last one.

    Returns twice and more: in the host at its end, in each process when it has `run`.

    Args:
        farewell: The signal that a process gets when whoever asked for it has gone; None: it notices by itself.
    """
    gc.freeze()  # what is loaded stays in pages that all processes share
    for number in (signal.SIGTERM, signal.SIGINT):  # also meant for the processes, which the host has to outlive
        signal.signal(number, signal.SIG_IGN)
    handed = _Host(socket.socket(fileno=os.dup(0)), farewell).serve()
    if handed:
        run(handed.take_over())


@dataclass(frozen=True)
class _Handed:
    """What a process gets: a file, and a socket for request and report."""

    file: int
    exchange: int

    def take_over(self) -> dict[str, Any]:
        """Makes them standard input and output; returns the request."""
        for own, place in ((self.file, 0), (self.exchange, 1)):
            os.dup2(own, place)
            os.close(own)
        with socket.socket(fileno=os.dup(1)) as exchange, exchange.makefile("rb") as asked:
            request: dict[str, Any] = json.loads(asked.read())
        return request

    def close(self) -> None:
        os.close(self.file)
        os.close(self.exchange)


class _Host:
    """The life of a host."""

    def __init__(self, requests: socket.socket, farewell: signal.Signals | None) -> None:
        self._requests = requests
        self._farewell = farewell
        self._selector = selectors.DefaultSelector()
        self._woken, self._wake = socket.socketpair()
        self._askers: dict[int, socket.socket] = {}
        """Who waits for the end of a process, by the id of that."""
        self._is_asked = True

    def serve(self) -> _Handed | None:
        """Serves until there is nothing to do any more; in a process that it forks, returns what that gets."""
        self._wake.settimeout(0)  # a signal must not wait
        signal.signal(signal.SIGCHLD, lambda *_: None)  # what is ignored wakes nobody
        signal.set_wakeup_fd(self._wake.fileno(), warn_on_full_buffer=False)
        self._selector.register(self._woken, selectors.EVENT_READ)
        self._selector.register(self._requests, selectors.EVENT_READ)
        while self._is_asked or self._askers:
            for key, _ in self._selector.select():
                if key.fileobj is self._requests:
                    if handed := self._start():
                        return handed
                elif key.fileobj is self._woken:
                    self._woken.recv(4096)
                    self._tell_ends()
                elif self._askers.get(key.data) is key.fileobj:
                    self._pass_on(key.data)
        return None

    def _start(self) -> _Handed | None:
        """Forks a process for a request; there, and only there, returns what it gets."""
        message, files, _, _ = socket.recv_fds(self._requests, len(REQUEST), _HANDED)
        if not message:
            self._part()
            return None
        file, exchange, end = files
        handed, asker, host = _Handed(file, exchange), socket.socket(fileno=end), os.getpid()
        try:
            process = os.fork()
        except OSError:
            _tell(asker, NO_PROCESS)
        else:
            if process == 0:
                asker.close()
                self._leave_behind()
                _end_with(host)
                return handed
            self._askers[process] = asker
            self._selector.register(asker, selectors.EVENT_READ, process)
        handed.close()
        return None

    def _part(self) -> None:
        """Nobody will ask any more."""
        self._is_asked = False
        self._selector.unregister(self._requests)
        for process in self._askers:
            self._send(process, self._farewell)

    def _pass_on(self, process: int) -> None:
        """Sends a process the signal that was asked for."""
        asker = self._askers[process]
        number = asker.recv(1)
        if not number:  # whoever asked for it has gone, or wants no more
            self._selector.unregister(asker)
        self._send(process, signal.Signals(number[0]) if number else self._farewell)

    def _send(self, process: int, number: signal.Signals | None) -> None:
        """Only to processes that nobody has looked at since they ended: no other has the same id."""
        if number:
            os.kill(process, number)

    def _tell_ends(self) -> None:
        """Says which processes have ended, and how."""
        for process in list(self._askers):
            ended, status = os.waitpid(process, os.WNOHANG)
            if ended:
                asker = self._askers.pop(process)
                with suppress(KeyError):  # it went before
                    self._selector.unregister(asker)
                _tell(asker, str(os.waitstatus_to_exitcode(status)).encode())

    def _leave_behind(self) -> None:
        """In a process: gives up all that is the host's."""
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGCHLD, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        self._selector.close()
        for each in (self._requests, self._woken, self._wake, *self._askers.values()):
            each.close()


def _tell(asker: socket.socket, end: bytes) -> None:
    with asker, suppress(BrokenPipeError):
        asker.sendall(end)


def _end_with(host: int) -> None:
    """Where the system can do that: when the host is killed, this process is too."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != host:
            os._exit(1)
