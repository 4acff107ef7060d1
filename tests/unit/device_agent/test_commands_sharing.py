"""Audiences, lists, recalls, mutes, receipts and what is watched, by the commands that people type."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from google.protobuf.timestamp_pb2 import Timestamp
from tests.unit.device_agent.gateway import Cloud

from appshare import errors
from appshare.command_line.exit_code import ExitCode
from appshare.device_agent.address_book import AddressBook, BookContact
from appshare.device_agent.agent_home import AgentHome
from appshare.fit.device_profile import DeviceProfile
from appshare.v1 import app_search_pb2, friendship_pb2, inbox_pb2, share_pb2
from appshare.v1 import device_gateway_pb2 as pb
from appshare.v1.app_pb2 import App

Appshare = Callable[..., Result]

BOOK = AddressBook((BookContact(1, "Li Wei", "", ("138",)), BookContact(2, "Aunt Mei", "", ("139",))), 3)
LI = friendship_pb2.PersonRef(contact_id=1)
NOTES = App(package_name="org.example.notes", label="Notes", version_name="2.1", version_code=21)


@pytest.fixture(autouse=True)
def _home(home: AgentHome, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    home.save_address_book(BOOK)
    home.save_device_profile(DeviceProfile(sdk_version=34))


def merged(*owners: str) -> share_pb2.MergedShare:
    return share_pb2.MergedShare(
        package_name=NOTES.package_name,
        label=NOTES.label,
        versions=[share_pb2.SharedVersion(version_name="2.1"), share_pb2.SharedVersion(version_name="2.0")],
        friend_count=3,
        owner_device_ids=owners,
    )


def test_apps_are_shared_by_pattern(appshare: Appshare, cloud: Cloud) -> None:
    names = ("org.example.notes", "org.example.maps", "org.other.mail")
    cloud.my_apps = [share_pb2.InventoryApp(app=App(package_name=each)) for each in names]
    assert appshare("apps", "share", "org.example.*", "--with", "friends").exit_code == ExitCode.DONE
    [request] = cloud.audiences
    assert [change.package_name for change in request.changes] == list(names[:2])
    assert appshare("apps", "share", "org.nobody.*", "--with", "friends").exit_code == ExitCode.WRONG_USAGE


def test_the_default_audience_is_set_and_shown(appshare: Appshare, cloud: Cloud) -> None:
    assert "nobody" in appshare("apps", "default").stdout
    assert "Li Wei" in appshare("apps", "default", "--with", "Li Wei").stdout
    assert list(cloud.default_audience.selected_device_ids) == ["d1"]


def test_apps_are_previewed_as_somebody_sees_them(appshare: Appshare, cloud: Cloud) -> None:
    assert "sees none of your apps" in appshare("apps", "preview", "Li Wei").stdout
    cloud.shares = [share_pb2.Share(app=NOTES)]
    assert NOTES.package_name in appshare("apps", "preview", "Li Wei").stdout
    assert cloud.requests[-1].viewer == LI


def test_a_list_that_has_not_changed_is_shown_from_here(appshare: Appshare, cloud: Cloud) -> None:
    cloud.shares = [share_pb2.Share(owner_device_id="d1", app=NOTES)]
    first, second = (appshare("shares", "Li Wei", "--json").stdout for _ in range(2))
    assert [request.known_list_version for request in cloud.requests] == ["", "v1"]
    assert first == second
    cloud.shares *= 2
    assert len(json.loads(appshare("shares", "Li Wei", "--json").stdout)["shares"]) == 2


def test_a_list_is_forgotten_with_the_right_to_see_it(appshare: Appshare, cloud: Cloud, home: AgentHome) -> None:
    cloud.shares = [share_pb2.Share(owner_device_id="d1", app=NOTES)]
    appshare("shares", "Li Wei")
    cloud.shares = []
    assert appshare("shares", "Li Wei").exit_code == ExitCode.REFUSED
    assert home.kept_lists().lists == {}


def test_what_all_friends_share_is_shown_together(appshare: Appshare, cloud: Cloud) -> None:
    assert "None of your friends" in appshare("shares", "--all").stdout
    cloud.merged = [merged("d1", "d2", "stranger")]
    row = appshare("shares", "--all", "--search", "note").stdout.splitlines()[2]
    assert row.split("  ")[0] == "Notes"
    assert "2.1, 2.0" in row
    assert "Li Wei, Aunt Mei" in row
    assert cloud.requests[-1].search == "note"
    [document] = json.loads(appshare("shares", "--all", "--json").stdout)["shares"]
    assert (document["friend_count"], document["package_name"]) == (3, "org.example.notes")


def test_apps_are_found_by_name(appshare: Appshare, cloud: Cloud) -> None:
    assert "None of your friends" in appshare("search", "note").stdout
    fits, listed = app_search_pb2.APP_AVAILABILITY_FITS, app_search_pb2.APP_AVAILABILITY_NOT_SHARED
    cloud.named = [
        app_search_pb2.NamedApp(
            package_name="org.example.notes",
            label="Notes",
            availability=fits,
            version_name="2.1",
            version_code=21,
            friend_count=2,
            owner_device_ids=["d1", "d2"],
        ),
        app_search_pb2.NamedApp(package_name="org.none", label="None", availability=listed, upstream="f-droid"),
    ]
    lines = appshare("search", "note").stdout.splitlines()
    assert lines[2].split() == [
        "Notes",
        "org.example.notes",
        "2.1",
        "(21)",
        "catalogue",
        "2",
        "Li",
        "Wei,",
        "Aunt",
        "Mei",
    ]
    assert "f-droid, not shared" in lines[3]
    assert "until one does" in lines[-1]
    assert (cloud.requests[-1].text, cloud.requests[-1].profile.sdk_version) == ("note", 34)
    document = json.loads(appshare("search", "note", "--json").stdout)
    assert [app["availability"] for app in document["apps"]] == ["fits", "not-shared"]


@pytest.mark.parametrize("arguments", [[], ["Li Wei", "--all"], ["Li Wei", "--search", "x"]])
def test_a_person_or_everybody_is_meant(appshare: Appshare, arguments: list[str]) -> None:
    assert appshare("shares", *arguments).exit_code == ExitCode.WRONG_USAGE


def test_an_app_is_got_from_any_friend(appshare: Appshare, cloud: Cloud) -> None:
    cloud.merged = [merged("d2")]
    result = appshare("get", "Notes", "--json")
    assert result.exit_code == ExitCode.DONE, result.output
    assert Path("org.example.notes/notes.apk").read_bytes() == b"notes"
    assert not any(isinstance(request, pb.ReportInstallRequest) for request in cloud.requests)


def test_modules_are_asked_for(appshare: Appshare, cloud: Cloud) -> None:
    cloud.merged = [merged("d2")]
    for arguments in ([], ["--dry-run"]):
        assert appshare("get", "Notes", "--module", "camera", "--module", "maps", *arguments).exit_code == ExitCode.DONE
    assert cloud.modules == [["camera", "maps"]] * 2


def test_an_app_that_no_friend_shares_is_refused(appshare: Appshare) -> None:
    assert appshare("get", "Notes").exit_code == ExitCode.REFUSED


@pytest.mark.parametrize(
    ("arguments", "owner"),
    [(["Li Wei", "Notes"], LI), (["Notes"], friendship_pb2.PersonRef(device_id="d2"))],
)
def test_the_owner_is_told_only_when_the_user_wants_to(
    appshare: Appshare, cloud: Cloud, arguments: list[str], owner: friendship_pb2.PersonRef
) -> None:
    cloud.shares, cloud.merged = [share_pb2.Share(owner_device_id="d1", app=NOTES)], [merged("d2")]
    appshare("preferences", "receipts", "on")
    assert appshare("get", *arguments).exit_code == ExitCode.DONE
    assert cloud.requests[-1].owner == owner
    assert cloud.requests[-1].package_name == NOTES.package_name
    cloud.requests.clear()
    appshare("preferences", "receipts", "off")
    appshare("get", *arguments)
    assert not any(isinstance(request, pb.ReportInstallRequest) for request in cloud.requests)


def test_a_download_is_done_also_when_the_receipt_fails(appshare: Appshare, cloud: Cloud) -> None:
    cloud.merged = [merged("d2")]
    appshare("preferences", "receipts", "on")
    cloud.refused = errors.PermissionDeniedError(errors.Reason.NOT_SHARED_WITH_YOU, "not shared")
    result = appshare("get", "Notes")
    assert result.exit_code == ExitCode.DONE
    assert "could not be told" in result.stderr


def test_more_than_a_person_and_an_app_is_wrong_usage(appshare: Appshare) -> None:
    assert appshare("get", "Li", "Wei", "Notes").exit_code == ExitCode.WRONG_USAGE


def test_the_last_push_is_taken_back_or_another(appshare: Appshare, cloud: Cloud) -> None:
    assert appshare("push", "recall").exit_code == ExitCode.WRONG_USAGE
    assert "push-1" in appshare("push", "Li Wei").stdout
    appshare("push", "recall")
    appshare("push", "recall", "another")
    assert cloud.requests == [pb.RecallPushRequest(push_id="push-1"), pb.RecallPushRequest(push_id="another")]


def test_people_are_muted_and_unmuted(appshare: Appshare, cloud: Cloud) -> None:
    appshare("preferences", "mute", "Li Wei", "device:d9")
    assert list(cloud.preference.muted_device_ids) == ["d1", "d9"]
    assert "Muted: Li Wei" in appshare("preferences").stdout
    appshare("preferences", "--push", "off")
    assert cloud.preference.policy == share_pb2.PUSH_POLICY_OFF
    appshare("preferences", "unmute", "Li Wei")
    assert list(cloud.preference.muted_device_ids) == ["d9"]


def at(seconds: int) -> Timestamp:
    return Timestamp(seconds=seconds)


def changed(position: int, level: "friendship_pb2.FriendshipLevel.ValueType") -> friendship_pb2.FriendshipChanged:
    friend = friendship_pb2.Friend(
        device_id="d1", contact_id=1, level=level, reason=friendship_pb2.FRIENDSHIP_REASON_OWNER_LISTS
    )
    return friendship_pb2.FriendshipChanged(position=position, create_time=at(position), friend=friend)


@pytest.fixture
def waiting(cloud: Cloud) -> Cloud:
    """Events of both kinds; their positions have nothing to do with each other."""
    cloud.events = [
        inbox_pb2.InboxEvent(position=3, create_time=at(3), gap=inbox_pb2.InboxGap(event_count=2)),
        inbox_pb2.InboxEvent(
            position=4,
            create_time=at(4),
            app_installed=inbox_pb2.AppInstalled(viewer_device_id="d2", package_name="a.b", version_code=7),
        ),
    ]
    cloud.changes = [
        changed(1, friendship_pb2.FRIENDSHIP_LEVEL_LIKELY),
        changed(5, friendship_pb2.FRIENDSHIP_LEVEL_NONE),
    ]
    return cloud


@pytest.mark.parametrize("options", [["--poll"], ["--count", "4"]])
def test_events_of_both_kinds_are_printed_and_acknowledged(
    appshare: Appshare, waiting: Cloud, options: list[str]
) -> None:
    result = appshare("watch", "--json", *options)
    found = sorted(map(json.loads, result.stdout.splitlines()), key=lambda each: each["position"])
    assert [each["event"] for each in found] == ["friendship_changed", "gap", "app_installed", "friendship_changed"]
    assert (found[0]["level"], found[0]["reason"], found[0]["friend"]["name"]) == ("likely", "owner_lists", "Li Wei")
    assert (found[1]["event_count"], found[2]["package_name"], found[2]["viewer"]["name"]) == (2, "a.b", "Aunt Mei")
    assert (waiting.acknowledged, waiting.acknowledged_changes) == ([3, 4], [1, 5])


@pytest.mark.usefixtures("waiting")
def test_events_of_both_kinds_read_well(appshare: Appshare) -> None:
    lines = [line.split("  ", 1)[1] for line in appshare("watch", "--poll").stdout.splitlines()]
    assert lines == [
        "Li Wei is your friend (likely: they list you, and you know the same people)",
        "2 events waited too long and cannot be shown any more",
        "Aunt Mei has installed a.b (7)",
        "Li Wei is no friend any more",
    ]
