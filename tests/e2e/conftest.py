"""Real processes."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from demo.server_process import ServerProcess, running_server_process
from tests.support.limits import LIFTED


@pytest.fixture(autouse=True)
def _store(fresh_store: None) -> None:
    pass


@pytest.fixture
def no_call_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """The servers that the test starts count no calls: it makes as many as it can."""
    for name, value in LIFTED.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    with running_server_process(tmp_path / "data", tmp_path / "server.log") as running:
        yield running
