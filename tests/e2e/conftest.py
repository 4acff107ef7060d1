"""Real processes."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from demo.server_process import ServerProcess, running_server_process


@pytest.fixture(autouse=True)
def _store(fresh_store: None) -> None:
    pass


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    with running_server_process(tmp_path / "data", tmp_path / "server.log") as running:
        yield running
