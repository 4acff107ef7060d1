"""The agent's commands against real processes, as a person types them: from the registration to the deletion."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from demo.server_process import ServerProcess
from tests.support.adb_server import FakePhone, running_adb_server
from tests.support.commands import in_this_process
from tests.support.termux import Termux

PROJECT = Path(__file__).parents[2]
EXAMPLES = PROJECT / "docs" / "examples"
LI, ZHANG = "+8613800138001", "+8613800138002"
CHAT = "org.appshare.sample.chat"
DONE, WRONG_USAGE, REFUSED = 0, 2, 3


class Agent:
    """`appshare` on a phone of its own."""

    def __init__(self, home: Path, server: ServerProcess) -> None:
        self.home = home
        self._server = server

    def run(self, *arguments: str | Path, exit_code: int = DONE) -> Any:
        """Runs a command; its JSON document, or the list of its lines when they are several."""
        return json.loads(self._printed(*map(str, arguments), exit_code=exit_code))

    def lines(self, *arguments: str) -> list[Any]:
        """Runs a command that prints a document per line."""
        return [json.loads(line) for line in self._printed(*arguments).splitlines()]

    def register(self, number: str, *more: str) -> str:
        """Registers by the one-time code; returns the device's id."""
        started = self.run("register", number, "--server", self._server.devices, *more)
        code = self._server.code(started["registration"]["registration_id"])
        return str(self.run("register", "--code", code)["device_id"])

    def _printed(self, *arguments: str, exit_code: int = DONE) -> str:
        words = [sys.executable, "-m", "appshare.device_agent", "--home", str(self.home), *arguments, "--json"]
        ended = in_this_process(words)
        assert ended.exit_code == exit_code, ended.output
        return ended.stdout


@pytest.fixture
def agents(tmp_path: Path, server: ServerProcess) -> dict[str, Agent]:
    """Phones, and a second one of Li Wei's."""
    found = {}
    for name in ("li", "tablet", "zhang"):
        (tmp_path / name).mkdir()
        found[name] = Agent(tmp_path / name, server)
    return found


def test_a_phone_from_its_registration_to_its_deletion(agents: dict[str, Agent]) -> None:
    li, tablet, zhang = agents["li"], agents["tablet"], agents["zhang"]
    li_id, tablet_id = li.register(LI), tablet.register(LI)
    zhang.register(ZHANG)
    li.run("contacts", "sync", EXAMPLES / "li.vcf")
    zhang.run("contacts", "sync", EXAMPLES / "zhang.vcf")
    li.run("apps", "publish", EXAMPLES / "apps.json")
    li.run("apps", "share", "*chat", "--with", "friends")

    # They are friends, and are told why.
    [friend] = [each for each in zhang.run("friends")["friends"] if each["device_id"] == li_id]
    assert (friend["name"], friend["level"], friend["reason"]) == ("Li Wei", "confirmed", "both_list")
    assert zhang.run("friends", "check", "Li Wei")["checks"][0]["level"] == "confirmed"
    assert li_id in {each["friend"]["device_id"] for each in zhang.lines("watch", "--poll")}
    assert zhang.lines("watch", "--poll") == []
    assert [each["app"]["package_name"] for each in zhang.run("shares", "Li Wei")["shares"]] == [CHAT]
    assert [each["package_name"] for each in zhang.run("shares", "--all")["shares"]] == [CHAT]
    [found] = zhang.run("search", "chat sample")["apps"]
    assert (found["package_name"], found["friend_count"]) == (CHAT, 1)
    assert [each["package_name"] for each in li.run("apps", "preview", "Zhang Min")["apps"]] == [CHAT]

    # Who is blocked sees nothing, until that is taken back.
    li.run("block", "Zhang Min")
    assert [each["name"] for each in li.run("blocks")["blocks"]] == ["Zhang Min"]
    zhang.run("shares", "Li Wei", exit_code=REFUSED)
    assert {each["level"] for each in zhang.lines("watch", "--poll")} == {"none"}
    li.run("unblock", "Zhang Min")
    assert [each["app"]["package_name"] for each in zhang.run("shares", "Li Wei")["shares"]] == [CHAT]

    # The cloud forgets who is excluded, at once.
    zhang.run("contacts", "exclude", LI)
    assert zhang.run("friends", "check", LI)["checks"][0]["level"] != "confirmed"
    zhang.run("contacts", "include", "Li Wei")
    assert zhang.run("friends", "check", LI)["checks"][0]["level"] == "confirmed"

    # A device that is removed is signed out at once.
    assert {each["device_id"] for each in li.run("devices")["devices"]} == {li_id, tablet_id}
    assert li.run("devices", "remove", tablet_id)["receipt"]["removed"]["devices"] == 1
    assert tablet.run("friends", exit_code=1)["error"]["reason"] == "DEVICE_NOT_FOUND"

    # Nothing is left, here or there.
    li.run("delete-everything", exit_code=WRONG_USAGE)
    receipt = li.run("delete-everything", "--yes")["receipt"]
    assert receipt["receipt_id"]
    assert (receipt["removed"]["devices"], receipt["removed"]["apps"]) == (1, 2)
    assert [path.name for path in li.home.iterdir() if path.name != ".lock"] == []
    zhang.run("shares", LI, exit_code=REFUSED)
    assert zhang.run("friends")["friends"] == []


def test_an_app_goes_from_a_phone_on_a_cable_to_another(
    tmp_path: Path, server: ServerProcess, agents: dict[str, Agent], samples: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    li, zhang = agents["li"], agents["zhang"]
    chat = sorted(samples.glob("chat-2.0-*.apk"))
    add_packages = [sys.executable, "-m", "appshare.operator", "--data", str(server.data), "packages", "add"]
    subprocess.run([*add_packages, *map(str, chat)], check=True, stdout=subprocess.DEVNULL)
    phones = {"of-li": FakePhone(), "of-zhang": FakePhone()}
    monkeypatch.setenv("PATH", Termux(tmp_path / "termux").path)
    monkeypatch.chdir(tmp_path)  # where the files go that nobody says a place for
    with running_adb_server(phones) as port:
        monkeypatch.setenv("ANDROID_ADB_SERVER_PORT", str(port))
        li.register(LI, "--serial", "of-li")
        zhang.register(ZHANG, "--serial", "of-zhang")
        li.run("contacts", "sync", "--serial", "of-li")
        li.run("apps", "publish", "--serial", "of-li")
        li.run("apps", "share", CHAT, "--with", "friends")
        zhang.run("contacts", "sync", "--source", "termux")
        shared = zhang.run("shares", "--from-messages", "--source", "adb", "--serial", "of-zhang")["shares"]
        assert [each["app"]["package_name"] for each in shared] == [CHAT]
        installed = zhang.run("get", "Li Wei", CHAT, "--serial", "of-zhang")["install"]
        assert installed == {"phone": "the phone of-zhang on adb", "outcome": "installed"}
    [arm64] = [path for path in chat if "arm64" in path.name]
    assert phones["of-zhang"].installed == [[arm64.read_bytes()]]
    assert phones["of-li"].installed == []
