from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.unit.gateway.stage import Stage, running_stage


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with running_stage(tmp_path) as running:
        yield running
