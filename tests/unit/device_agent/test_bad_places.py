"""Folders that cannot be written and disks that are full: a sentence is told, and nothing is lost."""

import errno
import json
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import Result
from structlog.testing import capture_logs
from tests.support.read_only import run_with_read_only
from tests.unit.device_agent.gateway import Cloud, Sessions, serving

from appshare.command_line.exit_code import ExitCode
from appshare.device_agent.agent_home import Account, AgentHome
from appshare.device_agent.connection import open_client
from appshare.device_agent.model import Session
from appshare.v1 import share_pb2

Appshare = Callable[..., Result]

LIMITED = """
import os, resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]),) * 2)
os.execv(sys.argv[2], sys.argv[2:])
"""
"""Runs a command whose files cannot grow beyond so many bytes."""

CARDS = "BEGIN:VCARD\nFN:Li Wei\nTEL:+8613800138000\nEND:VCARD\n"


@contextmanager
def full_disk(room: int) -> Iterator[None]:
    """No file can grow beyond so many bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def contents(home: AgentHome) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in home.folder.iterdir() if path.is_file()}


def test_a_home_that_is_read_only_serves_for_looking_and_is_named_when_it_has_to_change(
    appshare: Appshare, home: AgentHome, tmp_path: Path
) -> None:
    (tmp_path / "cards.vcf").write_text(CARDS)
    appshare("contacts", "sync", tmp_path / "cards.vcf")
    before = contents(home)
    agent = [sys.executable, "-m", "appshare.device_agent", "--home", str(home.folder)]
    looked = run_with_read_only(home.folder, [*agent, "friends", "--json"])
    assert looked.returncode == ExitCode.DONE, looked.stderr
    changed = run_with_read_only(home.folder, [*agent, "contacts", "exclude", "Li Wei"])
    assert changed.returncode == ExitCode.FAILED
    assert changed.stderr.startswith("Error: ")
    assert str(home.folder) in changed.stderr
    assert "Traceback" not in changed.stderr
    assert contents(home) == before


@pytest.mark.usefixtures("appshare")
def test_a_folder_that_is_read_only_gets_no_download(home: AgentHome, cloud: Cloud, tmp_path: Path) -> None:
    cloud.merged = [share_pb2.MergedShare(package_name="org.example.notes", label="Notes")]
    folder = tmp_path / "downloads"
    folder.mkdir()
    (tmp_path / "phone.json").write_text('{"sdkVersion": 34}')
    agent = [sys.executable, "-m", "appshare.device_agent", "--home", str(home.folder)]
    get = [*agent, "get", "org.example.notes", "--device", str(tmp_path / "phone.json"), "--output", str(folder)]
    result = run_with_read_only(folder, get)
    assert result.returncode == ExitCode.FAILED, result.stdout
    assert result.stderr.splitlines()[-1].startswith("Error: ")
    assert str(folder) in result.stderr
    assert not list(folder.iterdir())


def test_a_full_disk_keeps_the_book_and_the_next_sync_repairs_it(
    appshare: Appshare, home: AgentHome, cloud: Cloud, tmp_path: Path
) -> None:
    path = tmp_path / "cards.vcf"
    path.write_text(CARDS)
    appshare("contacts", "sync", path)
    before = contents(home)
    path.write_text(CARDS.replace("Li Wei", "Li " * 200) + CARDS.replace("8000", "8001"))
    agent = [sys.executable, "-m", "appshare.device_agent", "--home", str(home.folder)]
    limited = [sys.executable, "-c", LIMITED, str(len(before["contacts.json"]) + 100), *agent]
    result = subprocess.run([*limited, "contacts", "sync", path, "--json"], capture_output=True, text=True, check=False)
    assert result.returncode == ExitCode.FAILED, result.stderr
    told = json.loads(result.stdout)["error"]["message"]
    assert "contacts.json" in told
    assert contents(home) == before
    again = appshare("contacts", "sync", path, "--json")
    assert again.exit_code == ExitCode.DONE, again.output
    assert len(home.address_book().contacts) == 2
    assert home.address_book().version == cloud.version


async def test_a_session_is_not_spent_where_the_new_one_cannot_be_kept(home: AgentHome, session: Session) -> None:
    sessions = Sessions()
    async with serving(sessions, "AccountService", "SharingService") as address:
        home.save_account(Account(address, Session("device-1", "over", session.access_expire_time, "refresh-0")))
        with capture_logs(), full_disk(20):
            async with open_client(home) as client:
                with pytest.raises(OSError, match=r"account\.json") as caught:
                    await client.push_preference()
        assert caught.value.errno == errno.EFBIG
        assert sessions.refreshed == 0
        async with open_client(home) as client:
            await client.push_preference()
    assert sessions.refreshed == 1
    assert home.account().session.refresh_token == "refresh-1"  # noqa: S105  # invented
