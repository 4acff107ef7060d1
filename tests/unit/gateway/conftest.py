from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.unit.gateway.stage import Stage, running_stage

from appshare.rpc import draining


@pytest.fixture
async def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Stage]:
    monkeypatch.setattr(draining, "_TOLD_WITHIN", 0.05)  # nobody needs to be told
    async with running_stage(tmp_path) as running:
        yield running
