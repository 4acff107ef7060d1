"""Reads what upstreams publish, each file in a process of its own: what breaks its reader breaks nothing else."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path

from appshare.app_download.reading_process.readers import Readers, Reading
from appshare.app_download.upstreams import index_reading
from appshare.app_download.upstreams.index_reading.limits import IndexLimits
from appshare.app_download.upstreams.index_reading.refusal import IndexFault, IndexRefused
from appshare.app_download.upstreams.index_reading.report import app_from, entry_from
from appshare.app_download.upstreams.model import Entry, ListedApp

__all__ = ["IndexFault", "IndexLimits", "IndexRefused", "read_apps", "read_signed_entry"]

_LONGEST_LINE = 16 << 20
"""Bytes of what is said of one app."""

_READERS = Readers(index_reading.__name__)


async def read_signed_entry(path: Path, fingerprint: str, limits: IndexLimits) -> Entry:
    """What an `entry.jar` says.

    Raises:
        IndexRefused: the owner of the certificate has not signed it so, or it says nothing that can be used.
    """
    async with _reading(path, fingerprint, limits) as lines:
        async for line in lines:
            return entry_from(line)
    raise _crashed()


async def read_apps(path: Path, limits: IndexLimits) -> AsyncIterator[tuple[ListedApp, int]]:
    """The apps of an index as they are read, each with how many of its builds are left out.

    Raises:
        IndexRefused: it is no index; what came before is not to be used either.
    """
    async with _reading(path, "", limits) as lines:
        async for line in lines:
            read = app_from(line)
            if read is None:
                return
            yield read
    raise _crashed()


@asynccontextmanager
async def _reading(path: Path, fingerprint: str, limits: IndexLimits) -> AsyncIterator[AsyncIterator[bytes]]:
    """The lines that a process prints about a file; it has ended afterwards, whatever happens."""
    async with _READERS.reading(path, {"limits": asdict(limits), "fingerprint": fingerprint}) as reading:
        try:
            async with asyncio.timeout(limits.wall_seconds):
                yield _lines(reading, limits)
        except TimeoutError:
            raise _too_long(limits.wall_seconds) from None


async def _lines(reading: Reading, limits: IndexLimits) -> AsyncIterator[bytes]:
    async for line in reading.lines(_LONGEST_LINE):
        yield line
    if await reading.exit_code() == -signal.SIGXCPU:
        raise _too_long(limits.cpu_seconds)


def _too_long(seconds: float) -> IndexRefused:
    return IndexRefused(IndexFault.TOO_LARGE, f"reading it takes more than {seconds} seconds")


def _crashed() -> IndexRefused:
    return IndexRefused(IndexFault.MALFORMED_INDEX, "reading it ended in a crash")
