"""Commands with a phone on adb or in Termux: from its contacts to the app on it."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from tests.support.adb_server import FakePhone
from tests.support.android import CONTACTS_QUERY
from tests.support.termux import Termux
from tests.unit.device_agent.gateway import Cloud

from appshare import errors
from appshare.command_line.exit_code import ExitCode
from appshare.device_agent.address_book import AddressBook, BookContact
from appshare.device_agent.agent_home import AgentHome
from appshare.fit.device_profile import DeviceProfile
from appshare.v1 import device_gateway_pb2 as pb
from appshare.v1 import fit_pb2, friendship_pb2, share_pb2
from appshare.v1.app_pb2 import App

Appshare = Callable[..., Result]

NOTES = App(package_name="org.example.notes", label="Notes", version_name="2.1", version_code=21)
BASE, SPLIT = b"base" * 20_000, b"split" * 5_000
ZHANG, UNKNOWN = "+8613800138002", "+8613800138007"


@pytest.fixture(autouse=True)
def _home(home: AgentHome, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    home.save_address_book(AddressBook((BookContact(1, "Min the Painter", "", (ZHANG,)),), 2))


@pytest.fixture
def shared(cloud: Cloud) -> Cloud:
    """A cloud where everybody shares an app of two files."""
    cloud.shares = [share_pb2.Share(owner_device_id="d1", app=NOTES)]
    cloud.files = {"base.apk": BASE, "split_config.xxhdpi.apk": SPLIT}
    return cloud


def profile_of(cloud: Cloud) -> DeviceProfile:
    [profile] = cloud.profiles
    return DeviceProfile(sdk_version=profile.sdk_version, model=profile.model)


@pytest.mark.usefixtures("adb")
def test_the_phones_contacts_are_synced(appshare: Appshare, cloud: Cloud) -> None:
    assert appshare("contacts", "sync").exit_code == ExitCode.DONE
    assert [list(each.numbers) for each in cloud.synced[0].full.contacts] == [
        ["+86 138 0013 8001", "+86 138 0013 8009"],
        [ZHANG],
        ["+8613800138003"],
    ]


def test_the_second_sync_of_a_phone_sends_what_changed(
    appshare: Appshare, cloud: Cloud, adb: dict[str, FakePhone], phone: FakePhone
) -> None:
    appshare("contacts", "sync")
    phone.answers[CONTACTS_QUERY] = "Row: 0 lookup=0r2-3C5D, display_name=Zhang Min, data1=+8613800138022\n"
    result = json.loads(appshare("contacts", "sync", "--json").stdout)
    assert result["sent"] == {"mode": "delta", "upserted": 1, "removed": 2}
    [changed] = cloud.synced[1].delta.upserted
    assert list(changed.numbers) == ["+8613800138022"]


@pytest.mark.usefixtures("termux")
def test_the_contacts_of_this_phone_are_shown(appshare: Appshare) -> None:
    cards = json.loads(appshare("contacts", "read", "--json").stdout)["cards"]
    assert [each["name"] for each in cards] == ["Li Wei", "张敏"]


@pytest.mark.usefixtures("adb")
def test_the_phones_apps_are_published(appshare: Appshare, cloud: Cloud) -> None:
    assert json.loads(appshare("apps", "publish", "--json").stdout) == {"app_count": 2}


def test_a_file_or_a_phone_but_not_both(appshare: Appshare, tmp_path: Path) -> None:
    (tmp_path / "apps.json").write_text("[]")
    assert appshare("apps", "publish", "apps.json", "--source", "adb").exit_code == ExitCode.WRONG_USAGE


@pytest.mark.parametrize("arguments", [["contacts", "sync"], ["apps", "publish"]])
def test_without_a_phone_a_file_has_to_be_named(appshare: Appshare, arguments: list[str]) -> None:
    result = appshare(*arguments)
    assert result.exit_code == ExitCode.WRONG_USAGE
    assert "no phone is here" in result.stderr
    assert "--source file needs" in appshare(*arguments, "--source", "file").stderr


@pytest.mark.usefixtures("adb")
def test_a_registration_takes_the_phones_profile(appshare: Appshare, home: AgentHome) -> None:
    appshare("register", "+8613800138000", "--server", "127.0.0.1:1")
    profile = home.device_profile()
    assert profile is not None
    assert (profile.model, profile.sdk_version) == ("Pixel 8", 34)


def test_the_phone_of_the_registration_is_meant_and_no_other(
    appshare: Appshare, cloud: Cloud, home: AgentHome, adb: dict[str, FakePhone]
) -> None:
    appshare("register", "+8613800138000", "--server", "127.0.0.1:1")
    adb["of-a-friend"] = FakePhone()
    assert appshare("contacts", "sync").exit_code == ExitCode.DONE
    adb.pop("R58M1")
    refused = appshare("contacts", "sync")
    assert refused.exit_code == ExitCode.WRONG_USAGE
    assert "your phone R58M1 is not attached" in refused.stderr
    assert len(cloud.synced) == 1
    assert appshare("contacts", "read", "--serial", "of-a-friend").exit_code == ExitCode.DONE


@pytest.mark.usefixtures("adb")
def test_an_app_of_several_files_is_got_and_installed(appshare: Appshare, shared: Cloud, phone: FakePhone) -> None:
    result = appshare("get", "Min", "Notes", "--json")
    assert result.exit_code == ExitCode.DONE, result.output
    assert phone.installed == [[BASE, SPLIT]]
    document = json.loads(result.stdout)
    assert document["install"] == {"phone": "the phone R58M1 on adb", "outcome": "installed"}
    assert [Path(path).read_bytes() for path in document["paths"]] == [BASE, SPLIT]
    assert profile_of(shared) == DeviceProfile(sdk_version=34, model="Pixel 8")


@pytest.mark.usefixtures("adb")
def test_a_person_is_told_what_became_of_it(appshare: Appshare, shared: Cloud) -> None:
    result = appshare("get", "Min", "Notes")
    assert "Installed on the phone R58M1 on adb." in result.stdout
    assert "100 %" in result.stderr


@pytest.mark.usefixtures("adb")
def test_an_app_may_be_downloaded_only(appshare: Appshare, shared: Cloud, phone: FakePhone) -> None:
    assert "install" not in json.loads(appshare("get", "Min", "Notes", "--no-install", "--json").stdout)
    assert phone.installed == []


@pytest.mark.usefixtures("adb")
def test_a_dry_run_asks_the_phone_what_it_is_and_downloads_nothing(
    appshare: Appshare, shared: Cloud, phone: FakePhone, tmp_path: Path
) -> None:
    assert "fits." in appshare("get", "Min", "Notes", "--dry-run").stdout
    assert shared.profiles == []
    assert [each.name for each in tmp_path.iterdir() if each.name.startswith(("org", ".org"))] == []
    assert phone.installed == []


@pytest.mark.usefixtures("adb")
def test_an_app_for_a_described_device_is_not_installed_on_the_phone(
    appshare: Appshare, shared: Cloud, phone: FakePhone, tmp_path: Path
) -> None:
    (tmp_path / "tablet.json").write_text('{"sdkVersion": 29}')
    assert appshare("get", "Min", "Notes", "--device", "tablet.json").exit_code == ExitCode.DONE
    assert profile_of(shared) == DeviceProfile(sdk_version=29)
    assert phone.installed == []
    both = appshare("get", "Min", "Notes", "--device", "tablet.json", "--install")
    assert both.exit_code == ExitCode.WRONG_USAGE


def test_an_app_cannot_be_installed_without_a_phone(appshare: Appshare, shared: Cloud) -> None:
    assert appshare("get", "Min", "Notes", "--install").exit_code == ExitCode.WRONG_USAGE


@pytest.mark.usefixtures("adb")
def test_an_unplugged_phone_costs_no_bytes(appshare: Appshare, shared: Cloud, phone: FakePhone) -> None:
    phone.unplugged_after = 1_000
    result = appshare("get", "Min", "Notes")
    assert result.exit_code == ExitCode.FAILED
    assert "plug it in again" in result.stderr
    assert "the files are kept in org.example.notes/org.example.notes-0" in result.stderr
    phone.state, phone.unplugged_after = "device", None
    shared.requests.clear()
    assert appshare("get", "Min", "Notes").exit_code == ExitCode.DONE
    assert phone.installed == [[BASE, SPLIT]]
    assert shared.resumed == [{}]  # nothing of it was asked for again: it is all there


@pytest.mark.usefixtures("adb")
def test_an_app_that_the_phone_refuses(appshare: Appshare, shared: Cloud, phone: FakePhone) -> None:
    phone.refusal = "Failure [INSTALL_FAILED_INSUFFICIENT_STORAGE]\n"
    appshare("preferences", "receipts", "on")
    result = appshare("get", "Min", "Notes", "--json")
    assert result.exit_code == ExitCode.FAILED
    assert json.loads(result.stdout)["error"]["reason"] == "INSTALL_FAILED_INSUFFICIENT_STORAGE"
    assert not any(isinstance(each, pb.ReportInstallRequest) for each in shared.requests)


def test_in_termux_android_asks(appshare: Appshare, shared: Cloud, termux: Termux) -> None:
    shared.files = {"notes.apk": BASE}
    assert "Android asks you now" in appshare("get", "Min", "Notes").stdout
    assert termux.typed[-1].endswith("/org.example.notes/notes.apk")


def test_a_folder_that_cannot_be_written(appshare: Appshare, shared: Cloud, home: AgentHome) -> None:
    home.save_device_profile(DeviceProfile(sdk_version=34))
    result = appshare("get", "Min", "Notes", "--output", "/proc/appshare")
    assert result.exit_code == ExitCode.FAILED
    assert "/proc/appshare" in result.stderr


def test_an_answer_without_files_is_reported(appshare: Appshare, cloud: Cloud, adb: dict[str, FakePhone]) -> None:
    cloud.shares = [share_pb2.Share(owner_device_id="d1", app=NOTES)]
    cloud.answer = fit_pb2.FitAnswer(no_fit=fit_pb2.NoFit())
    assert appshare("get", "Min", "Notes").exit_code == ExitCode.NO_FIT


@pytest.mark.usefixtures("adb")
@pytest.mark.parametrize(
    ("arguments", "number"),
    [
        (["--from-messages"], "+8613800138001"),
        (["Painter", "--from-call-log"], ZHANG),
        (["8007", "--from-call-log"], UNKNOWN),
    ],
)
def test_somebody_of_the_phones_logs_is_meant(
    appshare: Appshare, shared: Cloud, arguments: list[str], number: str
) -> None:
    result = appshare("shares", *arguments)
    assert result.exit_code == ExitCode.DONE, result.output
    assert shared.requests[-1].owner == friendship_pb2.PersonRef(number=number)
    assert f'appshare get "{number}" PACKAGE' in result.stdout
    assert appshare("push", "send", *arguments, "--json").exit_code == ExitCode.REFUSED
    assert [each.number for each in shared.pushes[-1].recipients] == [number]
    assert appshare("get", *arguments[:-1], "Notes", arguments[-1], "--no-install").exit_code == ExitCode.DONE


@pytest.mark.usefixtures("adb")
def test_several_callers_are_told_apart_by_their_names_or_numbers(appshare: Appshare, shared: Cloud) -> None:
    result = appshare("shares", "--from-call-log", "--json")
    assert result.exit_code == ExitCode.WRONG_USAGE
    one, other = json.loads(result.stdout)["error"]["candidates"]
    assert one.startswith("Min the Painter, number ending in 8002, 2023-11-")
    assert other.startswith(UNKNOWN)
    assert shared.requests == []


@pytest.mark.usefixtures("adb")
def test_several_callers_are_asked_about_on_a_terminal(
    appshare: Appshare, shared: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("appshare.device_agent.commands.person_choice.is_terminal", lambda: True)
    result = appshare("shares", "--from-call-log", typed="3\n2\n")
    assert result.exit_code == ExitCode.DONE, result.output
    assert shared.requests[-1].owner.number == UNKNOWN
    assert "Which one?" in result.stderr


def test_several_contacts_are_asked_about_on_a_terminal(
    appshare: Appshare, shared: Cloud, home: AgentHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.save_address_book(AddressBook(tuple(BookContact(each, "Li Wei", "", (f"13{each}",)) for each in (7, 8)), 9))
    assert appshare("shares", "Li").exit_code == ExitCode.WRONG_USAGE
    monkeypatch.setattr("appshare.device_agent.commands.person_choice.is_terminal", lambda: True)
    assert appshare("shares", "Li", typed="2\n").exit_code == ExitCode.DONE
    assert shared.requests[-1].owner.contact_id == 8


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["shares", "--from-call-log", "--from-messages"], "not both"),
        (["shares", "--from-call-log"], "no phone is here"),
        (["shares", "--from-call-log", "--source", "file"], "no phone is here"),
        (["push", "send"], "name a PERSON"),
    ],
)
def test_picks_that_mean_nobody(appshare: Appshare, arguments: list[str], told: str) -> None:
    result = appshare(*arguments)
    assert result.exit_code == ExitCode.WRONG_USAGE
    assert told in result.stderr


@pytest.mark.usefixtures("adb")
def test_somebody_who_is_not_in_the_log(appshare: Appshare) -> None:
    result = appshare("shares", "Nobody", "--from-call-log")
    assert result.exit_code == ExitCode.WRONG_USAGE
    assert "Nobody is not there" in result.stderr


def test_a_lost_connection_is_told_and_opened_again(appshare: Appshare, shared: Cloud, home: AgentHome) -> None:
    home.save_device_profile(DeviceProfile(sdk_version=34))
    shared.ends_after = [2]
    result = appshare("get", "Min", "Notes")
    assert result.exit_code == ExitCode.DONE
    assert "connecting again" in result.stderr


def test_no_server_is_told_at_once(appshare: Appshare, shared: Cloud, home: AgentHome) -> None:
    home.save_device_profile(DeviceProfile(sdk_version=34))
    shared.failures = [errors.UnavailableError(errors.Reason.SERVICE_UNAVAILABLE, "away")]
    assert appshare("get", "Min", "Notes").exit_code == ExitCode.UNREACHABLE


@pytest.fixture
def received(shared: Cloud, appshare: Appshare, adb: dict[str, FakePhone]) -> Cloud:
    """A cloud from which an app was got that is on the phone in version code 21."""
    assert appshare("get", "Min", "Notes").exit_code == ExitCode.DONE
    shared.merged = [share_pb2.MergedShare(package_name=NOTES.package_name, label=NOTES.label)]
    return shared


def offer_version(cloud: Cloud, code: int) -> None:
    cloud.files = {"notes.apk": b"newer" * 1000}
    cloud.answer = None
    answer = cloud._answer()
    answer.fit.version_code = code
    cloud.answer = answer


def test_a_newer_version_of_an_app_that_came_from_a_friend_is_installed(
    appshare: Appshare, received: Cloud, phone: FakePhone
) -> None:
    offer_version(received, 22)
    document = json.loads(appshare("get", "--update", "--json").stdout)
    assert [each["fit"]["version_code"] for each in document["updated"]] == [22]
    assert phone.installed[1:] == [[b"newer" * 1000]]


def test_what_is_there_already_is_no_update(appshare: Appshare, received: Cloud, phone: FakePhone) -> None:
    offer_version(received, 21)
    assert "up to date" in appshare("get", "--update").stdout
    assert len(phone.installed) == 1


@pytest.mark.usefixtures("received")
def test_what_was_removed_from_the_phone_or_is_not_shared_any_more_is_left_alone(
    appshare: Appshare, cloud: Cloud, phone: FakePhone
) -> None:
    offer_version(cloud, 22)
    merged, cloud.merged = cloud.merged, []
    assert json.loads(appshare("get", "--update", "--json").stdout) == {"updated": [], "failed": []}
    cloud.merged = list(merged)
    phone.answers["cmd package list packages -3 --show-versioncode"] = "package:org.example.maps versionCode:3\n"
    assert json.loads(appshare("get", "--update", "--json").stdout) == {"updated": [], "failed": []}


def test_an_update_that_the_phone_refuses_is_told(appshare: Appshare, received: Cloud, phone: FakePhone) -> None:
    offer_version(received, 22)
    phone.refusal = "Failure [INSTALL_FAILED_UPDATE_INCOMPATIBLE]\n"
    result = appshare("get", "--update")
    assert result.exit_code == ExitCode.FAILED
    assert "org.example.notes: the phone did not install the app" in result.stdout


@pytest.mark.parametrize("arguments", [["Notes", "--update"], [], ["--update"]])
def test_an_update_is_about_all_apps_of_a_phone(appshare: Appshare, home: AgentHome, arguments: list[str]) -> None:
    home.save_device_profile(DeviceProfile(sdk_version=34))
    assert appshare("get", *arguments).exit_code == ExitCode.WRONG_USAGE
