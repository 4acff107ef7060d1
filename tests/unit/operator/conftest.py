import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from structlog.testing import capture_logs
from tests.unit.operator.catalogue import TOKEN, Catalogue, serving

from appshare.operator.__main__ import main


@pytest.fixture
def catalogue() -> Catalogue:
    return Catalogue()


@pytest.fixture
def data(tmp_path: Path, catalogue: Catalogue) -> Iterator[Path]:
    """The servers' folder as a running gateway leaves it, with the catalogue behind its address."""
    ready, done = threading.Event(), asyncio.Event()
    loop = asyncio.new_event_loop()

    async def serve() -> None:
        async with serving(catalogue, tmp_path / "kept") as address:
            write_gateway(tmp_path / "data", address)
            ready.set()
            await done.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    with capture_logs():  # the server's log is not the command's output
        thread.start()
        ready.wait(timeout=30)
        yield tmp_path / "data"
        loop.call_soon_threadsafe(done.set)
        thread.join()
    loop.close()


@pytest.fixture
def admin(data: Path) -> Callable[..., Result]:
    """Runs `appshare-admin` on the machine of the gateway."""

    def run(*arguments: str | Path) -> Result:
        return CliRunner().invoke(main, ["--data", str(data), *map(str, arguments)])

    return run


def write_gateway(data: Path, address: str) -> None:
    (data / "gateway").mkdir(parents=True)
    (data / "gateway" / "endpoints.json").write_text(json.dumps({"devices": "127.0.0.1:1", "operators": address}))
    (data / "gateway" / "operator.token").write_text(f"{TOKEN}\n")
