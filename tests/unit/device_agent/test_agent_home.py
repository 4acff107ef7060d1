import json
import os
import stat
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from appshare.command_line.input_error import InputError
from appshare.device_agent.address_book import AddressBook, BookContact
from appshare.device_agent.agent_home import Account, AgentHome, PendingRegistration, default_home
from appshare.device_agent.model import Registration, Session
from appshare.fit.device_profile import DeviceProfile, Resolution

BOOK = AddressBook((BookContact(1, "李伟", "u", ("+8613800138000", "1")),), 2, 7)
PENDING = PendingRegistration("host:1", Registration("r", datetime(2026, 1, 1, tzinfo=UTC)))

WRITER = """
import sys
from pathlib import Path
from appshare.device_agent.address_book import AddressBook, BookContact
from appshare.device_agent.agent_home import AgentHome

home = AgentHome(Path(sys.argv[1]))
while True:
    for size in (1, 2_000):
        home.save_address_book(AddressBook(tuple(BookContact(n, "x" * 50, "", ("1",)) for n in range(size)), size, 1))
    print("written", flush=True)
"""


def test_everything_is_read_back(home: AgentHome, session: Session) -> None:
    profile = DeviceProfile(sdk_version=34, resolution=Resolution(1080, 2400))
    home.save_account(Account("host:1", session))
    home.save_pending_registration(PENDING)
    home.save_address_book(BOOK)
    home.save_device_profile(profile)
    again = AgentHome(home.folder)
    assert again.account() == Account("host:1", session)
    assert again.pending_registration() == PENDING
    assert again.address_book() == BOOK
    assert again.device_profile() == profile


def test_nobody_else_can_read_it(home: AgentHome, session: Session) -> None:
    previous = os.umask(0)
    try:
        home.save_account(Account("host:1", session))
        home.save_address_book(BOOK)
    finally:
        os.umask(previous)
    assert stat.S_IMODE(home.folder.stat().st_mode) == 0o700
    assert {path.name: stat.S_IMODE(path.stat().st_mode) for path in home.folder.iterdir()} == {
        "account.json": 0o600,
        "contacts.json": 0o600,
    }


def test_a_file_that_others_could_read_is_closed_to_them(home: AgentHome) -> None:
    home.save_address_book(BOOK)
    (home.folder / "contacts.json").chmod(0o644)
    home.save_address_book(BOOK)
    assert stat.S_IMODE((home.folder / "contacts.json").stat().st_mode) == 0o600


def test_a_reader_never_sees_half_a_file_nor_does_a_kill_leave_one(home: AgentHome) -> None:
    with subprocess.Popen([sys.executable, "-c", WRITER, home.folder], stdout=subprocess.PIPE) as writer:
        assert writer.stdout
        writer.stdout.readline()
        sizes = {len(home.address_book().contacts) for _ in range(300)}
        writer.kill()
    assert sizes <= {1, 2_000}
    assert len(home.address_book().contacts) in (1, 2_000)


def test_a_write_that_fails_leaves_what_was_there(home: AgentHome) -> None:
    home.save_address_book(BOOK)
    with pytest.raises(TypeError):
        home.save_address_book(replace(BOOK, version=object()))
    assert home.address_book() == BOOK
    assert [path.name for path in home.folder.iterdir()] == ["contacts.json"]


def test_an_empty_home_says_what_to_do(home: AgentHome) -> None:
    with pytest.raises(InputError, match=r"not registered.*appshare register NUMBER"):
        home.account()
    with pytest.raises(InputError, match="no registration waits"):
        home.pending_registration()
    assert home.address_book() == AddressBook()
    assert home.device_profile() is None
    assert not home.folder.exists()


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"server": "x", "session": {"device_id": 1}}', "null"])
def test_a_damaged_file_is_named(home: AgentHome, content: str) -> None:
    home.folder.mkdir()
    (home.folder / "account.json").write_text(content)
    with pytest.raises(InputError, match=r"account\.json is damaged"):
        home.account()


def test_a_registered_device_has_no_pending_registration_and_no_book_on_the_server(
    home: AgentHome, session: Session
) -> None:
    home.save_pending_registration(PENDING)
    home.save_address_book(BOOK)
    home.complete_registration(Account("host:1", session))
    assert home.account().session == session
    assert home.address_book() == replace(BOOK, version=None)
    with pytest.raises(InputError):
        home.pending_registration()


def test_one_agent_at_a_time_holds_the_lock(home: AgentHome) -> None:
    with home.try_lock() as first, AgentHome(home.folder).try_lock() as second:
        assert (first, second) == (True, False)
    with home.try_lock() as again:
        assert again


def test_the_registration_holds_no_phone_number(home: AgentHome, session: Session) -> None:
    home.save_account(Account("host:1", session))
    assert json.loads((home.folder / "account.json").read_text()).keys() == {"server", "session", "ca", "server_name"}


def test_the_home_is_where_programs_keep_their_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", "/somewhere")
    assert default_home() == Path("/somewhere/appshare")
    monkeypatch.delenv("XDG_CONFIG_HOME")
    assert default_home() == Path.home() / ".config" / "appshare"
