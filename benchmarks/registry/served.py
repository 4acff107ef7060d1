"""The servers that are measured."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.served import Served, running_process


@contextmanager
def registry(data: Path, *settings: str) -> Iterator[Served]:
    """Runs ShareRegistry on a data folder."""
    arguments = ["-m", "appshare.share_registry", "--listen", "127.0.0.1:0", "--log-format", "json", *settings]
    with running_process(*arguments, "--data", str(data), speaks_on="stderr") as (line, process_id):
        yield Served(json.loads(line)["listen"], process_id)


@contextmanager
def bare_stream() -> Iterator[Served]:
    """Runs the bare server."""
    with running_process("-m", "benchmarks.registry.bare_stream", speaks_on="stdout") as (line, process_id):
        yield Served(line.strip(), process_id)
