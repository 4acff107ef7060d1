"""What a process does that reads one file of an upstream: it binds itself to the limits, reads, and reports."""

from collections.abc import Iterator
from typing import Any, BinaryIO

from appshare.app_download.upstreams.index_reading.entry import read_entry
from appshare.app_download.upstreams.index_reading.entry_jar import verified_entry
from appshare.app_download.upstreams.index_reading.index import read_index
from appshare.app_download.upstreams.index_reading.limits import IndexLimits
from appshare.app_download.upstreams.index_reading.refusal import IndexFault, IndexRefused
from appshare.app_download.upstreams.index_reading.report import app_line, end_line, entry_line, refusal_line


def answer(request: dict[str, Any], file: BinaryIO) -> Iterator[str]:
    """The lines of the report on a file.

    Args:
        request: `limits`; and `fingerprint`: the file is an `entry.jar` that the owner of the certificate has to have
            signed. Empty: it is an index, which was verified.
    """
    limits = IndexLimits(**request["limits"])
    limits.apply_to_this_process()
    for line in _lines(limits, request["fingerprint"], file):
        yield line + "\n"


def _lines(limits: IndexLimits, fingerprint: str, file: BinaryIO) -> Iterator[str]:
    try:
        if fingerprint:
            yield entry_line(read_entry(verified_entry(file, fingerprint, limits.entry_bytes)))
            return
        for app, skipped in read_index(file, limits):
            yield app_line(app, skipped)
        yield end_line()
    except IndexRefused as refused:
        yield refusal_line(refused)
    except MemoryError:
        message = f"reading it takes more than {limits.memory_bytes} bytes of memory"
        yield refusal_line(IndexRefused(IndexFault.TOO_LARGE, message))
