"""How much a service keeps on disk, as a metric."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path

from prometheus_client import Gauge

from appshare import errors
from appshare.process.lifetime import in_background

_BYTES = Gauge("appshare_store_bytes", "Bytes of the files that a service keeps.", ["service"])

_INTERVAL = 60.0
"""Seconds after which a database is asked again: it looks at each of its files."""


@contextmanager
def measured_store(folder: Path, service: str) -> Iterator[None]:
    """Measures a service's folder each time the metrics are fetched."""
    _BYTES.labels(service).set_function(lambda: float(sum(map(_size, folder.rglob("*")))))
    try:
        yield
    finally:
        _BYTES.remove(service)


@asynccontextmanager
async def measured_database(service: str, size: Callable[[], Awaitable[int]]) -> AsyncIterator[None]:
    """Measures a service's part of a database now and then; each copy of the service tells the same.

    Args:
        size: bytes, as the database says; it may be out of reach for a while.
    """

    async def measure() -> None:
        while True:
            with suppress(errors.UnavailableError):
                _BYTES.labels(service).set(await size())
            await asyncio.sleep(_INTERVAL)

    async with in_background(measure()):
        try:
            yield
        finally:
            with suppress(KeyError):  # it was never measured
                _BYTES.remove(service)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size if path.is_file() else 0
    except OSError:  # it has just gone
        return 0
