from datetime import UTC, datetime
from pathlib import Path

import pytest

from appshare.device_agent.agent_home import AgentHome
from appshare.device_agent.model import Session

SHARED_VCARDS = Path(__file__).parents[4] / "shared" / "data" / "vcards"


@pytest.fixture(scope="session")
def shared_vcards() -> Path:
    """Address books as real programs export them; not part of the project."""
    if not SHARED_VCARDS.is_dir():
        pytest.skip("the collection of real address books (../shared/data/vcards) is not on this machine")
    return SHARED_VCARDS


@pytest.fixture
def home(tmp_path: Path) -> AgentHome:
    return AgentHome(tmp_path / "home")


@pytest.fixture
def session() -> Session:
    return Session("device-1", "access-1", datetime(2026, 1, 1, tzinfo=UTC), "refresh-1")
