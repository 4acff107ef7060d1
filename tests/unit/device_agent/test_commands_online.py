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
from appshare.device_agent.commands import push_send
from appshare.v1 import app_pb2, inbox_pb2, share_pb2

Appshare = Callable[..., Result]

GONE = errors.UnavailableError(errors.Reason.SERVICE_UNAVAILABLE, "gone")
BOOK = AddressBook((BookContact(1, "Li Wei", "", ("138",)), BookContact(2, "Aunt Mei", "", ("139",))), 3)


def event(position: int, sender: str = "d1") -> inbox_pb2.InboxEvent:
    app = app_pb2.App(package_name="org.example.notes", label="Notes", version_name="2.1")
    pushed = inbox_pb2.SharesPushed(sender_device_id=sender, shares=[share_pb2.Share(app=app)], note=f"note {position}")
    return inbox_pb2.InboxEvent(position=position, shares_pushed=pushed)


def own(package_name: str, label: str = "") -> share_pb2.InventoryApp:
    return share_pb2.InventoryApp(app=app_pb2.App(package_name=package_name, label=label))


@pytest.fixture
def cards(tmp_path: Path) -> Callable[..., Path]:
    """Writes an address book of names, each with a number."""

    def write(**numbers: str) -> Path:
        path = tmp_path / "contacts.vcf"
        blocks = [f"BEGIN:VCARD\nFN:{name}\nTEL:{number}\nEND:VCARD\n" for name, number in numbers.items()]
        path.write_text("".join(blocks))
        return path

    return write


def sent(cloud: Cloud) -> list[tuple[str, dict[int, list[str]], list[int]]]:
    """What each sync held: its kind, the contacts' numbers by id, the ids that are gone."""
    found = []
    for request in cloud.synced:
        kind = request.WhichOneof("change") or ""
        contacts = request.full.contacts if kind == "full" else request.delta.upserted
        numbers = {contact.contact_id: list(contact.numbers) for contact in contacts}
        found.append((kind, numbers, list(request.delta.removed_contact_ids)))
    return found


def test_the_first_sync_is_full_the_next_ones_are_changes(appshare: Appshare, cloud: Cloud, cards) -> None:
    appshare("contacts", "sync", cards(A="1", B="2"))
    appshare("contacts", "sync", cards(A="1", B="3", C="4"))
    result = appshare("contacts", "sync", cards(A="1", C="4"), "--json")
    assert sent(cloud) == [
        ("full", {1: ["1"], 2: ["2"]}, []),
        ("delta", {2: ["3"], 3: ["4"]}, []),
        ("delta", {}, [2]),
    ]
    assert json.loads(result.stdout) == {
        "book": {"book_version": 3, "contact_count": 2, "skipped_number_count": 1},
        "sent": {"mode": "delta", "upserted": 0, "removed": 1},
        "excluded": 0,
        "skipped": [],
    }


def test_a_stale_version_is_settled_by_a_full_sync(appshare: Appshare, cloud: Cloud, cards) -> None:
    appshare("contacts", "sync", cards(A="1"))
    cloud.version = 7
    result = appshare("contacts", "sync", cards(A="1", B="2"))
    assert result.exit_code == ExitCode.DONE
    assert sent(cloud)[1:] == [("full", {1: ["1"], 2: ["2"]}, [])]
    appshare("contacts", "sync", cards(A="1"))
    assert sent(cloud)[2:] == [("delta", {}, [2])]


def test_everything_is_sent_when_that_is_asked_for(appshare: Appshare, cloud: Cloud, cards) -> None:
    appshare("contacts", "sync", cards(A="1"))
    appshare("contacts", "sync", cards(A="1"), "--full")
    assert [kind for kind, _, _ in sent(cloud)] == ["full", "full"]


def test_names_stay_on_the_device(appshare: Appshare, cloud: Cloud, home: AgentHome, cards) -> None:
    appshare("contacts", "sync", cards(Zhangsan="1"))
    assert b"Zhangsan" not in cloud.synced[0].SerializeToString()
    assert home.address_book().contacts[0].name == "Zhangsan"


def test_a_file_without_numbers_changes_nothing(appshare: Appshare, cloud: Cloud, tmp_path: Path) -> None:
    path = tmp_path / "empty.vcf"
    path.write_text("BEGIN:VCARD\nFN:A\nEND:VCARD\n")
    assert appshare("contacts", "sync", path).exit_code == ExitCode.WRONG_USAGE
    assert cloud.synced == []


def test_a_push_is_tried_again_as_the_same_push(
    appshare: Appshare, cloud: Cloud, home: AgentHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(push_send, "_LONGEST_WAIT", 0)
    home.save_address_book(BOOK)
    cloud.failures = [GONE]
    result = appshare("push", "Li Wei", "Aunt Mei", "--app", "org.example.notes", "--note", "hello", "--json")
    assert result.exit_code == ExitCode.DONE
    first, second = cloud.pushes
    assert first == second
    assert (first.note, list(first.package_names), len(first.request_id)) == ("hello", ["org.example.notes"], 32)
    assert json.loads(result.stdout) == {
        "push_id": "push-2",
        "outcomes": [{"person": "Li Wei", "outcome": "accepted"}, {"person": "Aunt Mei", "outcome": "refused"}],
    }


def test_a_push_is_tried_twice_at_most(
    appshare: Appshare, cloud: Cloud, home: AgentHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(push_send, "_LONGEST_WAIT", 0)
    home.save_address_book(BOOK)
    cloud.failures = [GONE, GONE, GONE]
    assert appshare("push", "Li Wei").exit_code == ExitCode.UNREACHABLE
    assert len(cloud.pushes) == 2


def test_a_push_that_nobody_accepts_is_refused(appshare: Appshare, home: AgentHome) -> None:
    home.save_address_book(BOOK)
    assert appshare("push", "Aunt Mei").exit_code == ExitCode.REFUSED


@pytest.mark.parametrize(
    ("wanted", "kind", "devices"),
    [
        (["nobody"], share_pb2.AUDIENCE_KIND_NOBODY, []),
        (["friends"], share_pb2.AUDIENCE_KIND_FRIENDS, []),
        (["everyone"], share_pb2.AUDIENCE_KIND_EVERYONE, []),
        (["Li Wei", "mei", "device:d9"], share_pb2.AUDIENCE_KIND_SELECTED, ["d1", "d2", "d9"]),
    ],
)
def test_apps_are_shared_with_whom_it_is_said(
    appshare: Appshare, cloud: Cloud, home: AgentHome, wanted: list[str], kind: int, devices: list[str]
) -> None:
    home.save_address_book(BOOK)
    cloud.my_apps = [own("a.b"), own("c.d")]
    options = [option for each in wanted for option in ("--with", each)]
    assert appshare("apps", "share", "a.b", "c.d", *options).exit_code == ExitCode.DONE
    (request,) = cloud.audiences
    assert [change.package_name for change in request.changes] == ["a.b", "c.d"]
    assert [change.audience.kind for change in request.changes] == [kind, kind]
    assert [list(change.audience.selected_device_ids) for change in request.changes] == [devices, devices]


def test_what_waits_is_printed_and_acknowledged(appshare: Appshare, cloud: Cloud, home: AgentHome) -> None:
    home.save_address_book(BOOK)
    cloud.events = [event(1), event(4, "stranger")]
    result = appshare("watch", "--poll", "--json")
    first, second = map(json.loads, result.stdout.splitlines())
    assert (first["position"], first["note"], first["sender"]) == (1, "note 1", {"device_id": "d1", "name": "Li Wei"})
    assert first["shares"][0]["app"]["package_name"] == "org.example.notes"
    assert second["sender"] == {"device_id": "stranger", "name": None}
    assert cloud.acknowledged == [1, 4]


def test_an_event_reads_well(appshare: Appshare, cloud: Cloud, home: AgentHome) -> None:
    home.save_address_book(BOOK)
    cloud.events = [event(1)]
    assert appshare("watch", "--poll").stdout.splitlines()[1:] == [
        "  Notes 2.1  (org.example.notes)",
        '  "note 1"',
        '  appshare get "Li Wei" PACKAGE',
    ]


def test_an_empty_inbox_says_so(appshare: Appshare) -> None:
    assert appshare("watch", "--poll").stdout == "Nothing waits.\n"
    assert appshare("watch", "--poll", "--json").stdout == ""


def test_watching_ends_after_so_many_events(appshare: Appshare, cloud: Cloud) -> None:
    cloud.events = [event(1), event(2), event(3)]
    result = appshare("watch", "--json", "--count", "2")
    assert [json.loads(line)["position"] for line in result.stdout.splitlines()] == [1, 2]
    assert cloud.acknowledged == [1, 2]


def test_events_are_left_when_that_is_asked_for(appshare: Appshare, cloud: Cloud) -> None:
    cloud.events = [event(1)]
    assert appshare("watch", "--count", "1", "--no-acknowledge").exit_code == ExitCode.DONE
    assert cloud.acknowledged == []
