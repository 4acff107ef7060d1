import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from structlog.testing import capture_logs
from tests.support.adb_server import FakePhone, running_adb_server
from tests.support.termux import Termux
from tests.unit.device_agent.gateway import Cloud, serving

from appshare.device_agent.__main__ import main
from appshare.device_agent.agent_home import Account, AgentHome
from appshare.device_agent.model import Session
from appshare.rpc.certificates import CertificateFiles

Appshare = Callable[..., Result]

SERVICES = ("AccountService", "FriendService", "SharingService", "InboxService", "DownloadService")

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


@pytest.fixture
def cloud() -> Cloud:
    return Cloud()


@contextmanager
def serving_in_thread(cloud: Cloud, certificates: CertificateFiles | None = None) -> Iterator[str]:
    """Serves a cloud beside the test, which may block; yields its address."""
    ready, done = threading.Event(), asyncio.Event()
    loop = asyncio.new_event_loop()
    found: list[str] = []

    async def serve() -> None:
        async with serving(cloud, *SERVICES, certificates=certificates) as address:
            found.append(address)
            ready.set()
            await done.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    with capture_logs():  # the server's log is not the command's output
        thread.start()
        ready.wait(timeout=30)
        yield found[0]
        loop.call_soon_threadsafe(done.set)
        thread.join()
    loop.close()


@pytest.fixture
def run(home: AgentHome) -> Appshare:
    """Runs `appshare`."""

    def run(*arguments: str | Path, typed: str | None = None) -> Result:
        return CliRunner().invoke(main, ["--home", str(home.folder), *map(str, arguments)], input=typed)

    return run


@pytest.fixture
def appshare(cloud: Cloud, home: AgentHome, session: Session, run: Appshare) -> Iterator[Appshare]:
    """Runs `appshare` as a registered device, with a server in a thread of its own."""
    with serving_in_thread(cloud) as address:
        home.save_account(Account(address, session))
        yield run


@pytest.fixture
def phone() -> FakePhone:
    """The phone on adb, as a test describes it."""
    return FakePhone()


@pytest.fixture
def adb(phone: FakePhone, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, FakePhone]]:
    """An adb server that knows the phone, and whatever a test attaches besides."""
    phones = {"R58M1": phone}
    with running_adb_server(phones) as port:
        monkeypatch.setenv("ANDROID_ADB_SERVER_PORT", str(port))
        yield phones


@pytest.fixture
def termux(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Termux:
    """Termux's and Android's commands on the PATH."""
    commands = Termux(tmp_path / "termux")
    monkeypatch.setenv("PATH", commands.path)
    return commands
