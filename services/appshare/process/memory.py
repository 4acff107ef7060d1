"""Freed memory is used again, and goes back when much of it lies idle, where the C library lets a process choose."""

import asyncio
import ctypes
import os
import platform
from pathlib import Path

_MIB = 1 << 20
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
"""Numbers of glibc's `mallopt`."""
_KEPT = 64 * _MIB
"""Bytes at the end of the heap that may be free without going back to the system."""
_LARGEST_OF_THE_HEAP = 32 * _MIB
"""Bytes; the most that glibc allows. What is larger is asked of the system each time."""

_LARGE = 256 * _MIB
"""Bytes of a process that has more than its usual work needs."""
_BETWEEN_LOOKS = 30.0
_STATM = Path("/proc/self/statm")


def keep_freed_memory() -> None:
    """Lets the process keep what it has freed.

    A message of half a megabyte would otherwise come from the system and go back to it each time: for every byte that
    is passed on, the system would clear a byte first, which costs a sixth of the gateway's time.
    """
    if not _is_glibc():
        return
    mallopt = ctypes.CDLL(None).mallopt
    mallopt(_MMAP_THRESHOLD, _LARGEST_OF_THE_HEAP)
    mallopt(_TRIM_THRESHOLD, _KEPT)


async def give_back_freed_memory(larger_than: int = _LARGE, every: float = _BETWEEN_LOOKS) -> None:
    """Gives the system back what is free, every so many seconds, while the process is larger than so many bytes.

    The C library gives back only what is free at the end of its heap: a connection that is still open there would hold
    all that thousands of others have used.
    """
    if platform.system() != "Linux" or not _is_glibc():
        return
    trim = ctypes.CDLL(None).malloc_trim
    while True:
        await asyncio.sleep(every)
        if resident_bytes() > larger_than:
            await asyncio.to_thread(trim, _KEPT)


def resident_bytes() -> int:
    """What the process has of the machine's memory now, where the system tells (Linux)."""
    return int(_STATM.read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _is_glibc() -> bool:
    return platform.libc_ver()[0] == "glibc"
