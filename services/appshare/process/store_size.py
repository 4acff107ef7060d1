"""How much a process keeps on disk, as a metric."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from prometheus_client import Gauge

_BYTES = Gauge("appshare_store_bytes", "Bytes of the files that a service keeps.", ["service"])


@contextmanager
def measured_store(folder: Path, service: str) -> Iterator[None]:
    """Measures a service's folder each time the metrics are fetched."""
    _BYTES.labels(service).set_function(lambda: float(sum(map(_size, folder.rglob("*")))))
    try:
        yield
    finally:
        _BYTES.remove(service)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size if path.is_file() else 0
    except OSError:  # it has just gone
        return 0
