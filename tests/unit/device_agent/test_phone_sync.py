"""`appshare sync`: what has changed on the phone, and nothing else."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from tests.support.adb_server import FakePhone
from tests.support.android import CONTACTS_QUERY, PACKAGES
from tests.unit.device_agent.gateway import Cloud

from appshare import errors
from appshare.command_line.exit_code import ExitCode
from appshare.command_line.failure import FailureError
from appshare.device_agent.agent_home import SYNC_LOCK, AgentHome
from appshare.device_agent.phone_sync import keep_synced
from appshare.v1 import device_gateway_pb2 as pb

Appshare = Callable[..., Result]

pytestmark = pytest.mark.usefixtures("adb")

LIST = "cmd package list packages -3 --show-versioncode"


def published(cloud: Cloud) -> list[pb.PublishAppsRequest]:
    return [each for each in cloud.requests if isinstance(each, pb.PublishAppsRequest)]


def test_the_first_sync_sends_everything_and_the_next_nothing(appshare: Appshare, cloud: Cloud) -> None:
    first = json.loads(appshare("sync", "--json").stdout)
    assert first == {
        "contacts": {"mode": "full", "upserted": 3, "removed": 0},
        "apps": {"mode": "full", "upserted": 2, "removed": 0},
    }
    cloud.requests.clear()
    assert "Nothing has changed" in appshare("sync").stdout
    assert cloud.requests == []


def test_only_what_has_changed_is_sent(appshare: Appshare, cloud: Cloud, phone: FakePhone) -> None:
    appshare("sync")
    phone.answers[CONTACTS_QUERY] += "Row: 4 lookup=new, display_name=New, data1=+8613800138099\n"
    phone.answers[LIST] = "package:org.example.notes versionCode:22\n"
    result = appshare("sync")
    assert "Sent 1 contact." in result.stdout
    assert "Sent 1 app, 1 gone." in result.stdout
    [change] = cloud.synced[1].delta.upserted
    assert list(change.numbers) == ["+8613800138099"]
    delta = published(cloud)[1].delta
    assert [(each.package_name, each.version_code) for each in delta.upserted] == [("org.example.notes", 22)]
    assert list(delta.removed_package_names) == ["org.appshare.sample.chat"]


def test_everything_is_sent_again_when_asked_for(appshare: Appshare, cloud: Cloud) -> None:
    appshare("sync")
    again = json.loads(appshare("sync", "--full", "--json").stdout)
    assert (again["contacts"]["mode"], again["apps"]["mode"]) == ("full", "full")


def test_a_phone_that_tells_no_contacts_empties_no_book(appshare: Appshare, cloud: Cloud, phone: FakePhone) -> None:
    appshare("sync")
    phone.answers[CONTACTS_QUERY] = "No result found.\n"
    phone.answers[LIST] = f"{PACKAGES}package:org.example.maps versionCode:3\n"
    assert json.loads(appshare("sync", "--json").stdout)["contacts"] is None
    assert len(cloud.synced) == 1
    assert [each.package_name for each in published(cloud)[1].delta.upserted] == ["org.example.maps"]


def test_who_is_excluded_is_left_out(appshare: Appshare, cloud: Cloud) -> None:
    appshare("contacts", "exclude", "+8613800138003")
    appshare("sync")
    numbers = [number for contact in cloud.synced[0].full.contacts for number in contact.numbers]
    assert "+8613800138003" not in numbers


def test_what_was_not_taken_is_sent_the_next_time(appshare: Appshare, cloud: Cloud) -> None:
    cloud.failures = [errors.UnavailableError(errors.Reason.SERVICE_UNAVAILABLE, "away")]
    assert appshare("sync").exit_code == ExitCode.UNREACHABLE
    assert json.loads(appshare("sync", "--json").stdout)["contacts"]["upserted"] == 3


def test_a_second_agent_leaves_it_to_the_first(appshare: Appshare, home: AgentHome, cloud: Cloud) -> None:
    with home.try_lock(SYNC_LOCK) as is_alone:
        assert is_alone
        result = appshare("sync", "--json")
    assert result.exit_code == ExitCode.FAILED
    assert json.loads(result.stdout)["error"]["reason"] == "ALREADY_RUNNING"
    assert cloud.requests == []


def test_a_phone_is_needed(appshare: Appshare, adb: dict[str, FakePhone]) -> None:
    adb.clear()
    result = appshare("sync")
    assert result.exit_code == ExitCode.WRONG_USAGE
    assert "contacts sync FILE" in result.stderr


async def test_syncs_go_on_after_one_that_failed() -> None:
    outcomes: list[Exception | None] = [
        None,
        FailureError("PHONE_GONE", "the phone is gone"),
        errors.UnavailableError(errors.Reason.SERVICE_UNAVAILABLE, "the server is away"),
        None,
        errors.PermissionDeniedError(errors.Reason.NOT_SHARED_WITH_YOU, "for good"),
    ]
    told: list[str] = []

    async def sync() -> None:
        outcome = outcomes.pop(0)
        if outcome:
            raise outcome

    with pytest.raises(errors.PermissionDeniedError):
        await asyncio.wait_for(keep_synced(sync, 0, told.append), 30)
    assert told == ["Not synced: the phone is gone", "Not synced: the server is away"]


def test_an_app_keeps_the_label_by_which_it_is_known(appshare: Appshare, cloud: Cloud, tmp_path: Path) -> None:
    inventory = tmp_path / "installed.json"
    inventory.write_text('[{"package_name": "org.example.notes", "label": "Notes", "version_code": 20}]')
    appshare("apps", "publish", inventory)
    appshare("sync")
    changed = {each.package_name: each.label for each in published(cloud)[1].delta.upserted}
    assert changed == {
        "org.example.notes": "Notes",
        "org.appshare.sample.chat": "org.appshare.sample.chat",
    }
