"""The gateway with the services behind it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.support.cloud import Cloud, running_cloud


@pytest.fixture(autouse=True)
def _store(fresh_store: None) -> None:
    pass


@pytest.fixture
async def cloud(tmp_path: Path) -> AsyncIterator[Cloud]:
    async with running_cloud(tmp_path) as running:
        yield running
