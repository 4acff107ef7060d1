"""Memory of messages is used again, where the C library lets a process choose."""

import ctypes
import platform

_MIB = 1 << 20
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
"""Numbers of glibc's `mallopt`."""
_KEPT = 64 * _MIB
"""Bytes at the end of the heap that may be free without going back to the system."""
_LARGEST_OF_THE_HEAP = 32 * _MIB
"""Bytes; the most that glibc allows. What is larger is asked of the system each time."""


def keep_freed_memory() -> None:
    """Lets the process keep what it has freed.

    A message of half a megabyte would otherwise come from the system and go back to it each time: for every byte that
    is passed on, the system would clear a byte first, which costs a sixth of the gateway's time.
    """
    if platform.libc_ver()[0] != "glibc":
        return
    mallopt = ctypes.CDLL(None).mallopt
    mallopt(_MMAP_THRESHOLD, _LARGEST_OF_THE_HEAP)
    mallopt(_TRIM_THRESHOLD, _KEPT)
