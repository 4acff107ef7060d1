"""What every kind of test can use."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from tests.support import postgresql_server
from tests.support.stores import on_postgresql, store_environment

# Time is measured by benchmarks, never asserted by tests: a busy machine is no failure.
settings.register_profile("appshare", deadline=None)
settings.load_profile("appshare")

# No test finds the phone that a developer has on a cable.
os.environ["ANDROID_ADB_SERVER_PORT"] = "1"
for _name in ("ANDROID_ADB_SERVER_ADDRESS", "ANDROID_SERIAL", "TERMUX_VERSION"):
    os.environ.pop(_name, None)

SAMPLES = Path(__file__).parent / "packages"


@pytest.fixture(scope="session")
def samples() -> Path:
    """The folder of the project's own small packages."""
    return SAMPLES


@pytest.fixture(scope="session")
def sample_truth() -> dict[str, Any]:
    """By file name, what aapt and apksigner say of the samples."""
    truth: dict[str, Any] = json.loads((SAMPLES / "packages.json").read_text(encoding="utf-8"))
    return truth


@pytest.fixture(scope="session")
def postgresql() -> Iterator[postgresql_server.PostgresqlServer]:
    """A PostgreSQL server for the whole session: take a schema or a database of your own in it."""
    if reason := postgresql_server.missing():
        pytest.skip(reason)
    with postgresql_server.running_postgresql() as server:
        yield server


@pytest.fixture
def fresh_store(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every process and cloud that the test starts keeps its data in the engine that `APPSHARE_TEST_STORE` names."""
    if not on_postgresql():
        yield
        return
    with store_environment(request.getfixturevalue("postgresql")) as variables:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        yield
