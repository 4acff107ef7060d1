"""What runs in a host of reading processes, and in those."""

import os
import resource
from collections.abc import Callable, Iterable
from functools import partial
from signal import SIGKILL
from typing import Any, BinaryIO, NoReturn, TypeAlias

from appshare.process.forking import host

Read: TypeAlias = Callable[[dict[str, Any], BinaryIO], Iterable[str]]
"""Binds this process to the limits of a request, and reads the file as it says: the report, piece by piece."""


def serve(load: Callable[[], Read], address_space: int) -> NoReturn:
    """Reads the files that come over standard input, a socket, each in a process of its own.

    When the socket ends, so does this process, and before it whatever still reads. The host never sees a byte of a
    file: whatever one does to the process that reads it, the next is forked from what the host was before.

    Args:
        load: Imports what reading takes.
        address_space: Bytes that this process may have: what it has, all the others start with.
    """
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (address_space, most))
    host.serve(partial(_read_and_exit, load()), farewell=SIGKILL)
    os._exit(0)


def _read_and_exit(read: Read, request: dict[str, Any]) -> NoReturn:
    """The life of a process that reads one file: it has that, whom to tell, and nothing else that the host has open."""
    code = 1
    try:
        with os.fdopen(0, "rb") as package, os.fdopen(1, "w", encoding="utf-8") as report:
            report.writelines(read(request, package))
        code = 0
    finally:
        # Nothing that the host would do at its end is done here.
        os._exit(code)
