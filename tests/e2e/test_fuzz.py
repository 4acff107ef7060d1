"""Odd calls and broken frames for a few seconds; `make fuzz` goes on longer, and with other calls each time."""

import os
from pathlib import Path

import pytest
from demo.server_process import running_server_process
from tests.e2e.fuzzing.run import WITHOUT_LIMITS, fuzz

SEED = 20_260
SECONDS = 4.0


async def test_whatever_is_called_with_is_refused_as_the_contract_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in WITHOUT_LIMITS.items():
        monkeypatch.setitem(os.environ, name, value)
    with running_server_process(tmp_path / "data", tmp_path / "server.log") as server:
        findings = await fuzz(server, SEED, SECONDS)
    assert findings.problems == []
    assert findings.statuses["OK"]
    assert findings.statuses["INVALID_ARGUMENT"]
    assert findings.served
