"""The servers that are measured."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.served import Served, running_process
from benchmarks.storage import Storage


@contextmanager
def registry(storage: Storage) -> Iterator[Served]:
    """Runs ShareRegistry on a storage."""
    arguments = ["--listen", "127.0.0.1:0", "--log-format", "json", "--data", str(storage.data)]
    with running_process(
        *("-m", "appshare.share_registry", *arguments), speaks_on="stderr", environment=storage.environment
    ) as (line, process_id):
        yield Served(json.loads(line)["listen"], process_id)


@contextmanager
def bare_stream() -> Iterator[Served]:
    """Runs the bare server."""
    with running_process("-m", "benchmarks.registry.bare_stream", speaks_on="stdout") as (line, process_id):
        yield Served(line.strip(), process_id)
