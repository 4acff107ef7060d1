"""What runs in the host, and in the processes that it forks.

A fork takes milliseconds; a new Python that loads the same modules, a fifth of a second. The host never sees a byte of
a file: whatever one does to the process that reads it, the next is forked from what the host was before.
"""

import ctypes
import gc
import json
import os
import resource
import selectors
import signal
import socket
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any, BinaryIO, NoReturn, TypeAlias

Read: TypeAlias = Callable[[dict[str, Any], BinaryIO], Iterable[str]]
"""Binds this process to the limits of a request, and reads the file as it says: the report, piece by piece."""

REQUEST = b"R"
"""What is said of a request; with it come the file, the socket for request and report, the socket for the end."""

NO_PROCESS = b"!"
"""Said of the end of a process that could not be started; otherwise the exit code is, in digits."""

_HANDED = 3
"""Files that come with a request."""

_PR_SET_PDEATHSIG = 1
"""Number of Linux's `prctl`."""


def serve(load: Callable[[], Read], address_space: int) -> NoReturn:
    """Reads the files that come over standard input, a socket, each in a process of its own.

    When the socket ends, so does this process, and before it whatever still reads.

    Args:
        load: Imports what reading takes.
        address_space: Bytes that this process may have: what it has, all the others start with.
    """
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (address_space, most))
    read = load()
    gc.freeze()  # what is loaded stays in pages that all processes share
    with socket.socket(fileno=os.dup(0)) as requests:
        _Host(requests, read).run()
    os._exit(0)


class _Host:
    """Has a single thread: of several, a fork would copy one, and the locks of all."""

    def __init__(self, requests: socket.socket, read: Read) -> None:
        self._requests = requests
        self._read = read
        self._selector = selectors.DefaultSelector()
        self._askers: dict[int, socket.socket] = {}
        """Who waits for the end of a process, by the id of that."""

    def run(self) -> None:
        """Serves requests until there are no more."""
        woken, wake = socket.socketpair()
        wake.settimeout(0)  # a signal must not wait
        signal.signal(signal.SIGCHLD, lambda *_: None)  # what is ignored wakes nobody
        signal.set_wakeup_fd(wake.fileno(), warn_on_full_buffer=False)
        self._selector.register(woken, selectors.EVENT_READ)
        self._selector.register(self._requests, selectors.EVENT_READ)
        while self._serve_once(woken):
            pass
        for process in self._askers:
            os.kill(process, signal.SIGKILL)

    def _serve_once(self, woken: socket.socket) -> bool:
        """Waits for something to do and does it; False: there are no more requests."""
        for key, _ in self._selector.select():
            if key.fileobj is self._requests:
                if not self._start():
                    return False
            elif key.fileobj is woken:
                woken.recv(4096)
                for process in list(self._askers):
                    self._tell_end(process, os.WNOHANG)
            elif self._askers.get(key.data) is key.fileobj:
                # It only ever ends: whoever asked has gone, or wants no more.
                os.kill(key.data, signal.SIGKILL)
                self._tell_end(key.data, 0)
        return True

    def _start(self) -> bool:
        """Forks a process for a request; False: there is none."""
        message, handed, _, _ = socket.recv_fds(self._requests, len(REQUEST), _HANDED)
        if not message:
            return False
        file, exchange, end = handed
        asker, host = socket.socket(fileno=end), os.getpid()
        try:
            process = os.fork()
        except OSError:
            _tell(asker, NO_PROCESS)
        else:
            if process == 0:
                _read_and_exit(self._read, host, file, exchange)
            self._askers[process] = asker
            self._selector.register(asker, selectors.EVENT_READ, process)
        os.close(file)
        os.close(exchange)
        return True

    def _tell_end(self, process: int, options: int) -> None:
        """Says how a process has ended, if it has."""
        ended, status = os.waitpid(process, options)
        if ended:
            asker = self._askers.pop(process)
            self._selector.unregister(asker)
            _tell(asker, str(os.waitstatus_to_exitcode(status)).encode())


def _tell(asker: socket.socket, end: bytes) -> None:
    with asker, suppress(BrokenPipeError):
        asker.sendall(end)


def _read_and_exit(read: Read, host: int, file: int, exchange: int) -> NoReturn:
    """The life of a process that reads one file: it has that, whom to tell, and nothing else that the host has open."""
    code = 1
    try:
        _end_with(host)
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.dup2(file, 0)
        os.dup2(exchange, 1)
        os.closerange(3, os.sysconf("SC_OPEN_MAX"))
        with socket.socket(fileno=1) as asker, asker.makefile("rb") as asked, os.fdopen(0, "rb") as package:
            request = json.loads(asked.read())
            with asker.makefile("w", encoding="utf-8") as report:
                report.writelines(read(request, package))
        code = 0
    finally:
        # Nothing that the host would do at its end is done here.
        os._exit(code)


def _end_with(host: int) -> None:
    """Where the system can do that: when the host is killed, this process is too."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != host:
            os._exit(1)
