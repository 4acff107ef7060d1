"""Friends, blocks, exclusions, devices and deletion, by the commands that people type."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from tests.unit.device_agent.gateway import Cloud

from appshare import errors
from appshare.command_line.exit_code import ExitCode
from appshare.device_agent.address_book import AddressBook, BookContact
from appshare.device_agent.agent_home import AgentHome
from appshare.v1 import device_gateway_pb2 as pb
from appshare.v1 import friendship_pb2

Appshare = Callable[..., Result]

LI, MEI = BookContact(1, "Li Wei", "", ("+8613800138000",)), BookContact(2, "Aunt Mei", "", ("+8613800138001",))
BOOK = AddressBook((LI, MEI), 3, 0)
GONE = errors.UnavailableError(errors.Reason.SERVICE_UNAVAILABLE, "gone")


@pytest.fixture(autouse=True)
def _book(home: AgentHome) -> None:
    home.save_address_book(BOOK)


def test_friends_are_listed_with_the_reason(appshare: Appshare) -> None:
    assert "you list each other" in appshare("friends").stdout
    first, _ = json.loads(appshare("friends", "--json").stdout)["friends"]
    assert (first["name"], first["reason"]) == ("Li Wei", "both_list")


def test_each_person_is_checked(appshare: Appshare) -> None:
    result = appshare("friends", "check", "Li Wei", "Aunt Mei", "000", "--json")
    assert json.loads(result.stdout)["checks"] == [
        {"person": "Li Wei", "level": "likely", "error": None},
        {"person": "Aunt Mei", "level": "none", "error": None},
        {"person": "000", "level": "none", "error": "INVALID_PHONE_NUMBER"},
    ]
    assert "not a phone number" in appshare("friends", "check", "000").stdout


def test_many_people_are_checked_in_parts(appshare: Appshare, cloud: Cloud) -> None:
    appshare("friends", "check", *["Li Wei"] * 150)
    assert [len(request.people) for request in cloud.requests] == [100, 50]


def test_a_person_is_blocked_and_unblocked(appshare: Appshare, cloud: Cloud) -> None:
    li = friendship_pb2.PersonRef(contact_id=1)
    for arguments in (["block", "Li Wei"], ["unblock", "li"], ["unblock", "--id", "b7"]):
        assert appshare(*arguments).exit_code == ExitCode.DONE
    assert cloud.requests == [
        pb.BlockPersonRequest(person=li),
        pb.UnblockPersonRequest(person=li),
        pb.UnblockPersonRequest(block_id="b7"),
    ]


def test_blocks_have_names_from_the_book(appshare: Appshare, cloud: Cloud) -> None:
    assert appshare("blocks").stdout == "You block nobody.\n"
    cloud.blocks = [friendship_pb2.Block(block_id="b7", contact_id=1), friendship_pb2.Block(block_id="b8")]
    shown = appshare("blocks").stdout
    assert "Li Wei" in shown
    assert "(not in your contacts)" in shown
    blocks = json.loads(appshare("blocks", "--json").stdout)["blocks"]
    assert [(each["name"], each["block_id"]) for each in blocks] == [("Li Wei", "b7"), (None, "b8")]


def sent_numbers(cloud: Cloud) -> str:
    return "".join(map(str, cloud.synced))


def test_somebody_who_is_excluded_is_forgotten_at_once(appshare: Appshare, cloud: Cloud, home: AgentHome) -> None:
    assert appshare("contacts", "exclude", "Li Wei").exit_code == ExitCode.DONE
    [request] = cloud.synced
    assert list(request.delta.removed_contact_ids) == [1]
    assert home.address_book().contacts == (MEI,)
    assert "Li Wei" in appshare("contacts", "excluded").stdout


@pytest.mark.parametrize("person", ["Li Wei", "138 0013 8000"])
def test_nothing_of_somebody_excluded_leaves_the_phone(
    appshare: Appshare, cloud: Cloud, tmp_path: Path, person: str
) -> None:
    cards = tmp_path / "contacts.vcf"
    numbers = {"Li Wei": "+8613800138000", "Li at work": "13800138000", "Aunt Mei": "+8613800138001"}
    cards.write_text("".join(f"BEGIN:VCARD\nFN:{name}\nTEL:{each}\nEND:VCARD\n" for name, each in numbers.items()))
    appshare("contacts", "exclude", person)
    result = appshare("contacts", "sync", cards, "--full", "--json")
    assert json.loads(result.stdout)["excluded"] == 2
    assert "13800138000" not in sent_numbers(cloud)
    assert "+8613800138001" in sent_numbers(cloud)


def test_somebody_who_was_never_synced_is_excluded_by_number(appshare: Appshare, cloud: Cloud, home: AgentHome) -> None:
    home.save_address_book(AddressBook())
    assert appshare("contacts", "exclude", "+8613800138000").exit_code == ExitCode.DONE
    assert cloud.synced == []
    excluded = json.loads(appshare("contacts", "excluded", "--json").stdout)["excluded"]
    assert excluded == [{"name": "", "numbers": ["+8613800138000"]}]


def test_an_exclusion_stays_when_the_cloud_cannot_be_told(appshare: Appshare, cloud: Cloud, tmp_path: Path) -> None:
    cloud.failures = [GONE]
    assert appshare("contacts", "exclude", "Li Wei").exit_code == ExitCode.UNREACHABLE
    cards = tmp_path / "contacts.vcf"
    cards.write_text("BEGIN:VCARD\nFN:Li Wei\nTEL:+8613800138000\nEND:VCARD\nBEGIN:VCARD\nFN:A\nTEL:1\nEND:VCARD\n")
    appshare("contacts", "sync", cards)
    [request] = cloud.synced
    assert 1 in request.delta.removed_contact_ids
    assert "8000" not in sent_numbers(cloud)


def test_somebody_who_is_included_again_is_sent_under_another_id(
    appshare: Appshare, cloud: Cloud, home: AgentHome
) -> None:
    appshare("contacts", "exclude", "Li Wei")
    assert appshare("contacts", "include", "Li Wei").exit_code == ExitCode.DONE
    [contact] = cloud.synced[-1].delta.upserted
    assert (contact.contact_id, list(contact.numbers)) == (3, ["+8613800138000"])
    assert home.choices().excluded == ()
    assert json.loads(appshare("contacts", "excluded", "--json").stdout) == {"excluded": []}


def test_only_somebody_who_is_excluded_is_included(appshare: Appshare, cloud: Cloud) -> None:
    for person in ("Li Wei", "+8613800138000"):
        assert appshare("contacts", "include", person).exit_code == ExitCode.WRONG_USAGE
    assert cloud.synced == []


def test_a_device_is_removed_by_the_beginning_of_its_id(appshare: Appshare, cloud: Cloud, home: AgentHome) -> None:
    result = appshare("devices", "remove", "7f3c9", "--json")
    assert cloud.requests == [pb.RemoveDeviceRequest(device_id="7f3c9a11")]
    document = json.loads(result.stdout)
    assert (document["removed"], document["receipt"]["receipt_id"]) == ("7f3c9a11", "5d41402a")
    assert home.account()


@pytest.mark.parametrize("beginning", ["7f3c", "unknown", ""])
def test_a_device_that_is_not_clear_is_not_removed(appshare: Appshare, cloud: Cloud, beginning: str) -> None:
    assert appshare("devices", "remove", beginning).exit_code == ExitCode.WRONG_USAGE
    assert cloud.requests == []


def test_this_device_knows_nothing_after_its_removal(appshare: Appshare, home: AgentHome) -> None:
    assert "this device" in appshare("devices").stdout
    assert appshare("devices", "remove", "device-1").exit_code == ExitCode.DONE
    assert "appshare register" in appshare("devices").stderr
    assert home.address_book() == AddressBook()


def test_everything_is_deleted_here_and_there(appshare: Appshare, cloud: Cloud, home: AgentHome) -> None:
    appshare("contacts", "exclude", "Li Wei")
    appshare("push", "Aunt Mei")
    result = appshare("delete-everything", "--yes")
    assert result.stdout.splitlines()[:4] == ["Everything is removed.", "  devices: 2", "  contacts: 205", "  apps: 60"]
    assert "Receipt 5d41402a" in result.stdout
    assert [path.name for path in home.folder.iterdir() if path.name != ".lock"] == []


def test_a_deletion_whose_answer_got_lost_ends_here_too(appshare: Appshare, cloud: Cloud, home: AgentHome) -> None:
    cloud.failures = [errors.NotFoundError(errors.Reason.DEVICE_NOT_FOUND, "not registered any more")]
    result = appshare("delete-everything", "--yes", "--json")
    assert (result.exit_code, json.loads(result.stdout)) == (ExitCode.DONE, {"receipt": None})
    assert home.address_book() == AddressBook()


def test_nothing_is_deleted_when_the_cloud_cannot_do_it(appshare: Appshare, cloud: Cloud, home: AgentHome) -> None:
    cloud.failures = [GONE]
    assert appshare("delete-everything", "--yes").exit_code == ExitCode.UNREACHABLE
    assert home.address_book() == BOOK


def test_nothing_is_deleted_unasked(appshare: Appshare, cloud: Cloud, home: AgentHome) -> None:
    assert appshare("delete-everything").exit_code == ExitCode.WRONG_USAGE
    assert (cloud.requests, home.address_book()) == ([], BOOK)


@pytest.mark.parametrize(("answer", "deleted"), [("y\n", True), ("n\n", False)])
def test_a_person_is_asked_before(
    appshare: Appshare, cloud: Cloud, monkeypatch: pytest.MonkeyPatch, answer: str, *, deleted: bool
) -> None:
    monkeypatch.setattr("appshare.device_agent.commands.delete_everything.is_terminal", lambda: True)
    result = appshare("delete-everything", typed=answer)
    assert bool(cloud.requests) is deleted
    assert result.exit_code == (ExitCode.DONE if deleted else ExitCode.FAILED)
