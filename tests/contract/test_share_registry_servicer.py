from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from time import time
from typing import Any

import grpc
import pytest
from google.protobuf.message import Message
from tests.support.stores import emptied_schema, on_postgresql

from appshare import errors
from appshare.errors import Reason
from appshare.rpc.address import Address
from appshare.rpc.call import Callee, open_channel
from appshare.rpc.paging import encode_token
from appshare.rpc.server import Service, running_server
from appshare.share_registry.deletion import Deletions
from appshare.share_registry.inboxes import Inboxes
from appshare.share_registry.installs import Installs
from appshare.share_registry.merged_shares import MergedShares
from appshare.share_registry.model import InboxLimits
from appshare.share_registry.pushes import Pushes, PushLimits
from appshare.share_registry.registry import Registry
from appshare.share_registry.servicer import ShareRegistryServicer
from appshare.share_registry.signals import Signals
from appshare.share_registry.store import RegistryStore
from appshare.share_registry.stores.postgresql import MIGRATIONS as POSTGRESQL_MIGRATIONS
from appshare.share_registry.stores.postgresql import PostgresqlRegistryStore
from appshare.share_registry.stores.sqlite import MIGRATIONS, SqliteRegistryStore
from appshare.sqlite.database import open_database
from appshare.v1 import share_registry_pb2 as pb
from appshare.v1.app_pb2 import App
from appshare.v1.deletion_pb2 import RegistryDeletion
from appshare.v1.device_pb2 import PLATFORM_ANDROID, PLATFORM_IOS
from appshare.v1.friendship_pb2 import (
    FRIENDSHIP_LEVEL_CONFIRMED,
    FRIENDSHIP_LEVEL_LIKELY,
    FRIENDSHIP_LEVEL_NONE,
    FriendshipLevel,
)
from appshare.v1.inbox_pb2 import AppInstalled, InboxEvent
from appshare.v1.share_pb2 import (
    AUDIENCE_KIND_EVERYONE,
    AUDIENCE_KIND_FRIENDS,
    AUDIENCE_KIND_NOBODY,
    AUDIENCE_KIND_SELECTED,
    PUSH_OUTCOME_ACCEPTED,
    PUSH_OUTCOME_REFUSED,
    PUSH_POLICY_FRIENDS,
    PUSH_POLICY_OFF,
    PUSH_POLICY_SELECTED,
    Audience,
    AudienceChange,
    Inventory,
    InventoryApp,
    InventoryDelta,
    MergedShare,
    PushPreference,
    Share,
    SharedVersion,
)
from appshare.v1.share_registry_pb2_grpc import ShareRegistryServiceStub, add_ShareRegistryServiceServicer_to_server

CALLEE = Callee("ShareRegistry")
FRIENDS = Audience(kind=AUDIENCE_KIND_FRIENDS)
REACHED_PER_DAY = 10
INBOX_LIMITS = InboxLimits(events=100, per_sender=5)


class Client:
    """The RPCs of a running registry; a failure is raised as the typed error that crossed the wire."""

    def __init__(self, channel: grpc.aio.Channel, signals: Signals) -> None:
        self.stub = ShareRegistryServiceStub(channel)
        self.signals = signals

    async def call(self, request: Message) -> Any:
        method = getattr(self.stub, type(request).__name__.removesuffix("Request"))
        return await CALLEE.unary(method, request, time_limit=10)

    def stream(self, device_id: str) -> Any:
        return CALLEE.stream(self.stub.StreamInbox, pb.StreamInboxRequest(device_id=device_id))

    async def share(self, owner_id: str, package_names: Iterable[str], audience: Audience = FRIENDS) -> None:
        names = list(package_names)
        await self.call(publish(owner_id, *map(app, names)))
        changes = [AudienceChange(package_name=name, audience=audience) for name in names]
        await self.call(pb.ChangeAudiencesRequest(device_id=owner_id, changes=changes))

    async def accept_pushes(self, device_id: str) -> None:
        preference = PushPreference(policy=PUSH_POLICY_FRIENDS)
        await self.call(pb.WritePushPreferenceRequest(device_id=device_id, preference=preference))

    async def send(self, note: str) -> None:
        """A push of a sender of its own to the viewer: none takes the place of another."""
        await self.share(f"sender-{note}", ["org.sent"])
        request = pb.DeliverPushRequest(sender_device_id=f"sender-{note}", recipients=related("viewer"), note=note)
        await self.call(request)


@pytest.fixture
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[RegistryStore]:
    if not on_postgresql():
        async with open_database(tmp_path / "share_registry.db", MIGRATIONS) as database:
            yield SqliteRegistryStore(database)
        return
    server = request.getfixturevalue("postgresql")
    async with emptied_schema(server, "test_share_registry_servicer", POSTGRESQL_MIGRATIONS) as schema:
        yield PostgresqlRegistryStore(schema)


@pytest.fixture
async def client(store: RegistryStore) -> AsyncIterator[Client]:
    async with running_client(store) as client:
        yield client


@asynccontextmanager
async def running_client(store: RegistryStore) -> AsyncIterator[Client]:
    signals = Signals()
    servicer = ShareRegistryServicer(
        Registry(store, signals, max_apps=500),
        MergedShares(store, names_threshold=2),
        Pushes(store, signals, time, PushLimits(REACHED_PER_DAY), INBOX_LIMITS),
        Installs(store, signals, time, INBOX_LIMITS),
        Inboxes(store, signals, time, heartbeat=0.05, max_age=3600),
        Deletions(store, signals),
    )
    service = Service("appshare.v1.ShareRegistryService", partial(add_ShareRegistryServiceServicer_to_server, servicer))
    async with (
        running_server(Address("127.0.0.1", 0), [service]) as address,
        open_channel(str(address)) as channel,
    ):
        yield Client(channel, signals)


def app(package_name: str, **fields: Any) -> App:
    return App(**{"platform": PLATFORM_ANDROID, "package_name": package_name, "label": "Notes", **fields})


def publish(device_id: str, *apps: App) -> pb.PublishInventoryRequest:
    return pb.PublishInventoryRequest(device_id=device_id, full=Inventory(apps=apps))


def related(*device_ids: str, level: FriendshipLevel.ValueType = FRIENDSHIP_LEVEL_CONFIRMED) -> list[pb.RelatedDevice]:
    return [pb.RelatedDevice(device_id=device_id, level=level) for device_id in device_ids]


def push(*recipient_ids: str, **fields: Any) -> pb.DeliverPushRequest:
    return pb.DeliverPushRequest(sender_device_id="owner", recipients=related(*recipient_ids), **fields)


def change(kind: Any, *selected: str, package_name: str = "org.a") -> pb.ChangeAudiencesRequest:
    audience = Audience(kind=kind, selected_device_ids=selected)
    return pb.ChangeAudiencesRequest(
        device_id="owner", changes=[AudienceChange(package_name=package_name, audience=audience)]
    )


def prefer(policy: Any, *selected: str) -> pb.WritePushPreferenceRequest:
    preference = PushPreference(policy=policy, selected_device_ids=selected)
    return pb.WritePushPreferenceRequest(device_id="viewer", preference=preference)


def prefer_muting(*muted: str) -> pb.WritePushPreferenceRequest:
    preference = PushPreference(policy=PUSH_POLICY_OFF, muted_device_ids=muted)
    return pb.WritePushPreferenceRequest(device_id="viewer", preference=preference)


async def next_event(stream: Any) -> InboxEvent:
    while not (message := await anext(stream)).HasField("event"):
        pass
    return message.event


async def notes(stream: Any, count: int) -> list[str]:
    return [(await next_event(stream)).shares_pushed.note for _ in range(count)]


class TestInventory:
    async def test_a_full_sync_and_deltas_answer_how_many_apps_there_are(self, client: Client) -> None:
        assert (await client.call(publish("owner", app("org.a"), app("org.b")))).app_count == 2
        delta = InventoryDelta(upserted=[app("org.c")], removed_package_names=["org.a", "org.unknown"])
        request = pb.PublishInventoryRequest(device_id="owner", delta=delta)
        assert (await client.call(request)).app_count == 2
        assert (await client.call(publish("owner"))).app_count == 0

    async def test_an_inventory_comes_back_with_its_audiences(self, client: Client) -> None:
        full = app(
            "org.a",
            label="笔记 ☕",
            version_name="2.0-β",
            version_code=2**63 - 1,
            signer_sha256="a" * 64,
            icon_sha256="0" * 64,
        )
        bare = App(platform=PLATFORM_IOS, package_name="com.example.Some-App_1")
        await client.call(publish("owner", full, bare))
        await client.call(change(AUDIENCE_KIND_SELECTED, "two", "one"))
        listed = await client.call(pb.ListInventoryRequest(device_id="owner"))
        selected = Audience(kind=AUDIENCE_KIND_SELECTED, selected_device_ids=["one", "two"])
        assert list(listed.apps) == [
            InventoryApp(app=bare, audience=Audience(kind=AUDIENCE_KIND_NOBODY)),
            InventoryApp(app=full, audience=selected),
        ]

    async def test_more_apps_than_an_inventory_may_hold(self, client: Client) -> None:
        with pytest.raises(errors.ResourceExhaustedError) as refused:
            await client.call(publish("owner", *(app(f"org.{number}") for number in range(501))))
        assert refused.value.reason is Reason.LIMIT_EXCEEDED

    async def test_an_audience_for_an_app_that_is_not_there(self, client: Client) -> None:
        with pytest.raises(errors.NotFoundError) as refused:
            await client.call(change(AUDIENCE_KIND_EVERYONE))
        assert refused.value.reason is Reason.APP_NOT_FOUND

    async def test_pages_of_an_inventory(self, client: Client) -> None:
        expected = [f"org.{number:03}" for number in range(250)]
        await client.call(publish("owner", *map(app, expected)))
        found, sizes, token = [], [], ""
        while not sizes or token:
            request = pb.ListInventoryRequest(device_id="owner", page_size=1000, page_token=token)
            listed = await client.call(request)
            found += [entry.app.package_name for entry in listed.apps]
            sizes.append(len(listed.apps))
            token = listed.next_page_token
        assert (found, sizes) == (expected, [200, 50])
        assert len((await client.call(pb.ListInventoryRequest(device_id="owner"))).apps) == 50

    async def test_new_apps_have_the_default_audience(self, client: Client) -> None:
        read = pb.ReadDefaultAudienceRequest(device_id="owner")
        assert (await client.call(read)).audience == Audience(kind=AUDIENCE_KIND_NOBODY)
        selected = Audience(kind=AUDIENCE_KIND_SELECTED, selected_device_ids=["one", "two"])
        await client.call(pb.WriteDefaultAudienceRequest(device_id="owner", audience=selected))
        assert (await client.call(read)).audience == selected
        await client.call(publish("owner", app("org.a")))
        listed = await client.call(pb.ListInventoryRequest(device_id="owner"))
        assert [entry.audience for entry in listed.apps] == [selected]


class TestVisibleShares:
    async def test_owners_are_seen_at_their_levels(self, client: Client) -> None:
        await client.share("owner", ["org.a"], Audience(kind=AUDIENCE_KIND_FRIENDS))
        await client.call(
            pb.PublishInventoryRequest(device_id="owner", delta=InventoryDelta(upserted=[app("org.b", version_code=7)]))
        )
        await client.call(change(AUDIENCE_KIND_EVERYONE, package_name="org.b"))
        everything = [
            Share(owner_device_id="owner", app=app("org.a")),
            Share(owner_device_id="owner", app=app("org.b", version_code=7)),
        ]
        for level, expected in (
            (FRIENDSHIP_LEVEL_NONE, everything[1:]),
            (FRIENDSHIP_LEVEL_LIKELY, everything),
            (FRIENDSHIP_LEVEL_CONFIRMED, everything),
        ):
            owners = related("owner", level=level)
            listed = await client.call(pb.ListVisibleSharesRequest(viewer_device_id="viewer", owners=owners))
            assert list(listed.shares) == expected

    async def test_pages_of_shares(self, client: Client) -> None:
        for owner_id in ("two", "one"):
            await client.share(owner_id, ["org.a", "org.b", "org.c"])
        found, token = [], None
        while token != "":
            request = pb.ListVisibleSharesRequest(
                viewer_device_id="viewer", owners=related("two", "one"), page_size=2, page_token=token or ""
            )
            listed = await client.call(request)
            found.append([(share.owner_device_id, share.app.package_name) for share in listed.shares])
            token = listed.next_page_token
        assert found == [
            [("one", "org.a"), ("one", "org.b")],
            [("one", "org.c"), ("two", "org.a")],
            [("two", "org.b"), ("two", "org.c")],
        ]

    async def test_a_list_that_the_viewer_knows_is_not_sent_again(self, client: Client) -> None:
        names = [f"org.{number}" for number in range(3)]
        await client.share("owner", names)

        def request(known: str = "", token: str = "") -> pb.ListVisibleSharesRequest:
            return pb.ListVisibleSharesRequest(
                viewer_device_id="viewer",
                owners=related("owner"),
                page_size=2,
                known_list_version=known,
                page_token=token,
            )

        first = await client.call(request())
        assert (len(first.shares), first.unchanged) == (2, False)
        assert first.list_version
        rest = await client.call(request(first.list_version, first.next_page_token))
        assert (len(rest.shares), rest.list_version, rest.unchanged) == (1, "", False)
        unchanged = pb.ListVisibleSharesResponse(list_version=first.list_version, unchanged=True)
        assert await client.call(request(first.list_version)) == unchanged
        await client.call(change(AUDIENCE_KIND_NOBODY, package_name="org.2"))
        changed = await client.call(request(first.list_version))
        assert (len(changed.shares), changed.unchanged) == (2, False)
        assert changed.list_version not in {"", first.list_version}

    async def test_nothing_is_shared_by_nobody(self, client: Client) -> None:
        listed = await client.call(pb.ListVisibleSharesRequest(viewer_device_id="viewer"))
        assert listed == pb.ListVisibleSharesResponse()

    async def test_one_app_is_found_or_not(self, client: Client) -> None:
        await client.share("owner", ["org.a"])
        request = pb.FindVisibleShareRequest(viewer_device_id="viewer", owners=related("owner"), package_name="org.a")
        assert (await client.call(request)).share == Share(owner_device_id="owner", app=app("org.a"))
        await client.call(change(AUDIENCE_KIND_NOBODY))
        assert not (await client.call(request)).HasField("share")

    async def test_of_many_apps_those_that_are_visible_are_told(self, client: Client) -> None:
        await client.share("owner", ["org.b", "org.a", "org.c"])
        await client.call(change(AUDIENCE_KIND_NOBODY, package_name="org.b"))
        request = pb.FilterVisibleAppsRequest(
            viewer_device_id="viewer", owners=related("owner"), package_names=["org.c", "org.b", "org.a", "org.d"]
        )
        assert list((await client.call(request)).package_names) == ["org.a", "org.c"]


class TestMergedShares:
    async def test_pages_of_all_friends_lists(self, client: Client) -> None:
        await client.share("one", ["org.a", "org.b"])
        await client.share("two", ["org.b", "org.c"])
        found, token = [], None
        while token != "":
            request = pb.ListMergedSharesRequest(
                viewer_device_id="viewer", owners=related("two", "one"), page_size=2, page_token=token or ""
            )
            merged = await client.call(request)
            found.append(list(merged.shares))
            token = merged.next_page_token
        [[a, b], [c]] = found
        assert [(each.package_name, each.friend_count) for each in (a, b, c)] == [
            ("org.a", 1),
            ("org.b", 2),
            ("org.c", 1),
        ]
        assert b == MergedShare(
            platform=PLATFORM_ANDROID,
            package_name="org.b",
            label="Notes",
            versions=[SharedVersion()],
            friend_count=2,
            owner_device_ids=["one", "two"],
        )
        assert not a.owner_device_ids

    async def test_devices_of_one_person_are_one_friend(self, client: Client) -> None:
        for owner_id in ("phone", "tablet"):
            await client.share(owner_id, ["org.a"])
        owners = [
            pb.RelatedDevice(device_id=owner_id, level=FRIENDSHIP_LEVEL_LIKELY, person=1)
            for owner_id in ("phone", "tablet")
        ]
        merged = await client.call(pb.ListMergedSharesRequest(viewer_device_id="viewer", owners=owners))
        assert [share.friend_count for share in merged.shares] == [1]

    async def test_a_search(self, client: Client) -> None:
        await client.call(publish("owner", app("org.a", label="Straßenkarte"), app("org.b", label="Other")))
        for name in ("org.a", "org.b"):
            await client.call(change(AUDIENCE_KIND_FRIENDS, package_name=name))
        request = pb.ListMergedSharesRequest(viewer_device_id="viewer", owners=related("owner"), search="STRASSE")
        assert [share.package_name for share in (await client.call(request)).shares] == ["org.a"]

    async def test_a_search_by_name(self, client: Client) -> None:
        """All words count, package names that are given count without them, and everything is within bounds."""
        await client.share("one", ["org.a", "org.b", "org.c", "org.d"])
        await client.share("two", ["org.b"])
        await client.call(publish("three", app("org.b", label="Hidden")))

        async def found(**wanted: Any) -> tuple[list[tuple[str, int]], bool]:
            owners = related("one", "two", "three")
            request = pb.FindMergedSharesRequest(viewer_device_id="viewer", owners=owners, **wanted)
            answer = await client.call(request)
            return [(share.package_name, share.friend_count) for share in answer.shares], answer.truncated

        assert await found(text="B org") == ([("org.b", 2)], False)
        assert await found(text="Hidden") == ([], False)
        assert await found(text="nothing", package_names=["org.c", "org.x"]) == ([("org.c", 1)], False)
        assert await found(text="org", after_package_name="org.a", last_package_name="org.c", limit=1) == (
            [("org.b", 2)],
            True,
        )
        assert await found(text="org", after_package_name="org.c") == ([("org.d", 1)], False)

    async def test_four_thousand_owners_are_merged(self, client: Client) -> None:
        await client.share("3999", ["org.a"])
        request = pb.ListMergedSharesRequest(viewer_device_id="viewer", owners=related(*MANY[:4000]))
        assert [share.package_name for share in (await client.call(request)).shares] == ["org.a"]


class TestPushes:
    async def test_a_preference_is_read_as_it_was_written(self, client: Client) -> None:
        read = pb.ReadPushPreferenceRequest(device_id="viewer")
        assert (await client.call(read)).preference == PushPreference(policy=PUSH_POLICY_OFF)
        await client.call(prefer(PUSH_POLICY_SELECTED, "two", "one"))
        selected = PushPreference(policy=PUSH_POLICY_SELECTED, selected_device_ids=["one", "two"])
        assert (await client.call(read)).preference == selected

    async def test_outcomes_come_in_the_order_of_the_recipients(self, client: Client) -> None:
        await client.share("owner", ["org.a"])
        await client.accept_pushes("viewer")
        delivered = await client.call(push("other", "viewer"))
        assert list(delivered.outcomes) == [PUSH_OUTCOME_REFUSED, PUSH_OUTCOME_ACCEPTED]
        assert list((await client.call(push())).outcomes) == []

    async def test_a_push_of_an_app_that_is_not_there(self, client: Client) -> None:
        with pytest.raises(errors.NotFoundError) as refused:
            await client.call(push("viewer", package_names=["org.a"]))
        assert refused.value.reason is Reason.APP_NOT_FOUND

    async def test_a_request_id_of_another_push(self, client: Client) -> None:
        await client.share("owner", ["org.a"])
        await client.accept_pushes("viewer")
        for _ in range(2):
            assert list((await client.call(push("viewer", request_id="r"))).outcomes) == [PUSH_OUTCOME_ACCEPTED]
        with pytest.raises(errors.AlreadyExistsError) as refused:
            await client.call(push("viewer", request_id="r", note="else"))
        assert refused.value.reason is Reason.REQUEST_ID_REUSED
        assert len((await client.call(pb.ReadInboxRequest(device_id="viewer"))).events) == 1

    async def test_the_id_of_a_push_is_the_same_for_a_repeated_request(self, client: Client) -> None:
        await client.share("owner", ["org.a"])
        await client.accept_pushes("viewer")
        ids = [(await client.call(push("viewer", request_id=request_id))).push_id for request_id in ("", "r", "r")]
        assert ids[0] != ids[1] == ids[2]
        assert all(ids)

    async def test_a_withdrawn_push_is_not_delivered(self, client: Client) -> None:
        await client.share("owner", ["org.a"])
        await client.accept_pushes("viewer")
        push_id = (await client.call(push("viewer"))).push_id
        for sender_id, withdrawn in (("other", push_id), ("owner", "unknown")):
            await client.call(pb.WithdrawPushRequest(sender_device_id=sender_id, push_id=withdrawn))
        assert len((await client.call(pb.ReadInboxRequest(device_id="viewer"))).events) == 1
        for _ in range(2):
            await client.call(pb.WithdrawPushRequest(sender_device_id="owner", push_id=push_id))
        assert await client.call(pb.ReadInboxRequest(device_id="viewer")) == pb.ReadInboxResponse(head_position=1)

    async def test_who_mutes_a_sender_refuses_its_pushes(self, client: Client) -> None:
        await client.share("owner", ["org.a"])
        muting = PushPreference(policy=PUSH_POLICY_FRIENDS, muted_device_ids=["other", "owner"])
        await client.call(pb.WritePushPreferenceRequest(device_id="viewer", preference=muting))
        assert (await client.call(pb.ReadPushPreferenceRequest(device_id="viewer"))).preference == muting
        assert list((await client.call(push("viewer"))).outcomes) == [PUSH_OUTCOME_REFUSED]

    async def test_more_recipients_than_a_day_allows(self, client: Client) -> None:
        await client.share("owner", ["org.a"])
        devices = [f"device-{number}" for number in range(REACHED_PER_DAY + 1)]
        for device_id in devices:
            await client.accept_pushes(device_id)
        await client.call(push(*devices[:-1]))
        with pytest.raises(errors.ResourceExhaustedError) as refused:
            await client.call(push(devices[-1]))
        assert refused.value.reason is Reason.LIMIT_EXCEEDED
        assert refused.value.retry_after is not None
        assert timedelta(hours=23) < refused.value.retry_after <= timedelta(hours=24)


class TestInstalls:
    async def test_the_owner_hears_of_an_install_of_what_it_shares(self, client: Client) -> None:
        await client.share("owner", ["org.a"])
        request = pb.RecordInstallRequest(
            viewer_device_id="viewer", owners=related("owner"), package_name="org.a", version_code=7
        )
        for _ in range(2):
            assert (await client.call(request)).recorded
        [event] = (await client.call(pb.ReadInboxRequest(device_id="owner"))).events
        assert event.app_installed == AppInstalled(viewer_device_id="viewer", package_name="org.a", version_code=7)
        request.package_name = "org.b"
        assert not (await client.call(request)).recorded


class TestDeletion:
    async def test_a_deleted_device_is_nowhere(self, client: Client) -> None:
        await client.share("owner", ["org.a"])
        await client.share("viewer", ["org.b"], Audience(kind=AUDIENCE_KIND_SELECTED, selected_device_ids=["owner"]))
        for device_id in ("viewer", "owner"):
            await client.accept_pushes(device_id)
        await client.call(push("viewer"))
        await client.call(
            pb.DeliverPushRequest(sender_device_id="viewer", recipients=related("owner"), package_names=["org.b"])
        )
        purged = await client.call(pb.PurgeDevicesRequest(device_ids=["owner"]))
        assert purged.deletion == RegistryDeletion(apps=1, inbox_events=1, events_sent=1, settings=2)
        again = await client.call(pb.PurgeDevicesRequest(device_ids=["owner"]))
        assert again.deletion == RegistryDeletion()
        assert not (await client.call(pb.ReadInboxRequest(device_id="viewer"))).events

    async def test_an_audience_that_loses_its_last_device_is_for_nobody(self, client: Client) -> None:
        await client.share("owner", ["org.a"], Audience(kind=AUDIENCE_KIND_SELECTED, selected_device_ids=["viewer"]))
        preference = PushPreference(policy=PUSH_POLICY_SELECTED, selected_device_ids=["viewer"])
        await client.call(pb.WritePushPreferenceRequest(device_id="owner", preference=preference))
        await client.call(pb.PurgeDevicesRequest(device_ids=["viewer"]))
        [entry] = (await client.call(pb.ListInventoryRequest(device_id="owner"))).apps
        assert entry.audience == Audience(kind=AUDIENCE_KIND_SELECTED)
        read = await client.call(pb.ReadPushPreferenceRequest(device_id="owner"))
        assert read.preference == PushPreference(policy=PUSH_POLICY_SELECTED)
        listed = await client.call(pb.ListVisibleSharesRequest(viewer_device_id="viewer", owners=related("owner")))
        assert not listed.shares

    async def test_the_streams_of_a_deleted_device_end(self, client: Client) -> None:
        stream = client.stream("viewer")
        await anext(stream)
        await client.call(pb.PurgeDevicesRequest(device_ids=["viewer"]))
        with pytest.raises(errors.NotFoundError) as ended:
            await next_event(stream)
        assert ended.value.reason is Reason.DEVICE_NOT_FOUND


class TestInbox:
    @pytest.fixture(autouse=True)
    async def _owner_and_viewer(self, client: Client) -> None:
        await client.share("owner", ["org.a", "org.b"])
        await client.accept_pushes("viewer")

    async def test_an_event_says_who_what_and_when(self, client: Client) -> None:
        before = time()
        await client.call(push("viewer", package_names=["org.b"], note="try this"))
        read = await client.call(pb.ReadInboxRequest(device_id="viewer"))
        [event] = read.events
        assert (event.position, read.head_position) == (1, 1)
        assert before - 1 < event.create_time.ToSeconds() <= time()
        pushed = event.shares_pushed
        assert (pushed.sender_device_id, pushed.note) == ("owner", "try this")
        assert list(pushed.shares) == [Share(owner_device_id="owner", app=app("org.b"))]

    async def test_events_are_read_in_pages(self, client: Client) -> None:
        for note in "abc":
            await client.send(note)
        found = []
        for after, size in ((0, 2), (2, 2), (3, 2), (2**64 - 1, 0)):
            request = pb.ReadInboxRequest(device_id="viewer", after_position=after, page_size=size)
            found.append([event.position for event in (await client.call(request)).events])
        assert found == [[1, 2], [3], [], []]

    async def test_acknowledged_events_are_not_delivered_again(self, client: Client) -> None:
        for note in "abc":
            await client.send(note)
        await client.call(pb.AcknowledgeInboxRequest(device_id="viewer", through_position=2))
        await client.call(pb.AcknowledgeInboxRequest(device_id="viewer", through_position=1))
        stream = client.stream("viewer")
        assert (await anext(stream)).heartbeat.head_position == 3
        assert await notes(stream, 1) == ["c"]
        await stream.aclose()

    async def test_an_acknowledgement_of_the_future(self, client: Client) -> None:
        await client.call(push("viewer"))
        for position in (2, 2**64 - 1):
            with pytest.raises(errors.OutOfRangeError) as refused:
                await client.call(pb.AcknowledgeInboxRequest(device_id="viewer", through_position=position))
            assert refused.value.reason is Reason.POSITION_AHEAD

    async def test_a_stream_delivers_what_waits_and_then_what_comes(self, client: Client) -> None:
        await client.call(push("viewer", note="waiting"))
        stream = client.stream("viewer")
        assert (await anext(stream)).heartbeat.head_position == 1
        assert await notes(stream, 1) == ["waiting"]
        await client.call(push("viewer", note="live"))
        assert await notes(stream, 1) == ["live"]
        await stream.aclose()

    async def test_an_idle_stream_carries_heartbeats(self, client: Client) -> None:
        stream = client.stream("viewer")
        heartbeats = [await anext(stream) for _ in range(3)]
        assert all(message.HasField("heartbeat") for message in heartbeats)
        await stream.aclose()

    async def test_after_a_reconnect_everything_comes_again(self, client: Client) -> None:
        for note in "ab":
            await client.send(note)
        for _ in range(2):
            stream = client.stream("viewer")
            assert await notes(stream, 2) == ["a", "b"]
            await stream.aclose()

    async def test_two_streams_of_a_device_both_get_everything(self, client: Client) -> None:
        streams = [client.stream("viewer") for _ in range(2)]
        for stream in streams:
            assert (await anext(stream)).heartbeat.head_position == 0
        for note in "abc":
            await client.send(note)
        assert [await notes(stream, 3) for stream in streams] == [["a", "b", "c"]] * 2
        for stream in streams:
            await stream.aclose()

    async def test_a_reader_that_does_not_read_holds_nobody_up(self, client: Client) -> None:
        many = [f"org.example.app{number}" for number in range(400)]
        await client.share("owner", many)
        idle, busy = client.stub.StreamInbox(pb.StreamInboxRequest(device_id="viewer")), client.stream("viewer")
        await anext(busy)
        expected = [str(number) for number in range(60)]
        for note in expected:
            await client.send(note)
        assert await notes(busy, len(expected)) == expected
        await busy.aclose()
        assert (await idle.read()).HasField("heartbeat")
        idle.cancel()

    async def test_a_cancelled_stream_leaves_nothing_behind(self, client: Client) -> None:
        streams = [client.stream("viewer") for _ in range(3)]
        for stream in streams:
            await anext(stream)
        assert len(client.signals._listeners["viewer"]) == 3
        for stream in streams:
            await stream.aclose()
        while client.signals._listeners:  # the server hears of it a moment later
            await client.call(pb.ReadInboxRequest(device_id="viewer"))

    async def test_what_was_trimmed_is_a_gap(self, client: Client) -> None:
        many = [f"org.{number:03}" for number in range(INBOX_LIMITS.events + 2)]
        for number, name in enumerate(many):
            await client.share(f"sender-{number}", [name])
            await client.call(pb.DeliverPushRequest(sender_device_id=f"sender-{number}", recipients=related("viewer")))
        stream = client.stream("viewer")
        event = await next_event(stream)
        assert (event.position, event.gap.event_count) == (2, 2)
        assert (await next_event(stream)).position == 3
        await stream.aclose()
        await client.call(pb.AcknowledgeInboxRequest(device_id="viewer", through_position=2))
        read = await client.call(pb.ReadInboxRequest(device_id="viewer", page_size=1))
        assert [each.position for each in read.events] == [3]


OWNERS = {"viewer_device_id": "viewer", "package_name": "org.a"}
MANY = [str(number) for number in range(5001)]


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        (publish(""), "device_id"),
        (publish("with space"), "device_id"),
        (publish("d" * 129), "device_id"),
        (pb.PublishInventoryRequest(device_id="owner"), "change"),
        (publish("owner", app("org.a"), app("org.b", platform=0)), "full.apps[1].platform"),
        (publish("owner", app("org.a", platform=99)), "full.apps[0].platform"),
        (publish("owner", app("")), "full.apps[0].package_name"),
        (publish("owner", app("org.a b")), "full.apps[0].package_name"),
        (publish("owner", app("../org.a")), "full.apps[0].package_name"),
        (publish("owner", app("org.a\n")), "full.apps[0].package_name"),
        (publish("owner", app("org.ä")), "full.apps[0].package_name"),
        (publish("owner", app("a" * 256)), "full.apps[0].package_name"),
        (publish("owner", app("org.a"), app("org.a")), "full.apps[1].package_name"),
        (publish("owner", app("org.a", label="x" * 201)), "full.apps[0].label"),
        (publish("owner", app("org.a", label="a\u0007b")), "full.apps[0].label"),
        (publish("owner", app("org.a", version_name="x" * 101)), "full.apps[0].version_name"),
        (publish("owner", app("org.a", version_name="1\n2")), "full.apps[0].version_name"),
        (publish("owner", app("org.a", version_code=2**63)), "full.apps[0].version_code"),
        (publish("owner", app("org.a", signer_sha256="a" * 63)), "full.apps[0].signer_sha256"),
        (publish("owner", app("org.a", signer_sha256="A" * 64)), "full.apps[0].signer_sha256"),
        (publish("owner", app("org.a", icon_sha256="g" * 64)), "full.apps[0].icon_sha256"),
        (
            pb.PublishInventoryRequest(device_id="owner", delta=InventoryDelta(upserted=[app("org a")])),
            "delta.upserted[0].package_name",
        ),
        (
            pb.PublishInventoryRequest(device_id="owner", delta=InventoryDelta(removed_package_names=["org.a", ""])),
            "delta.removed_package_names[1]",
        ),
        (
            pb.PublishInventoryRequest(
                device_id="owner", delta=InventoryDelta(removed_package_names=["org.a", "org.a"])
            ),
            "delta.removed_package_names[1]",
        ),
        (
            pb.PublishInventoryRequest(
                device_id="owner", delta=InventoryDelta(upserted=[app("org.a")], removed_package_names=["org.a"])
            ),
            "delta.removed_package_names[0]",
        ),
        (pb.ChangeAudiencesRequest(), "device_id"),
        (change(AUDIENCE_KIND_EVERYONE, package_name=""), "changes[0].package_name"),
        (change(0), "changes[0].audience.kind"),
        (change(99), "changes[0].audience.kind"),
        (change(AUDIENCE_KIND_SELECTED), "changes[0].audience.selected_device_ids"),
        (change(AUDIENCE_KIND_FRIENDS, "viewer"), "changes[0].audience.selected_device_ids"),
        (change(AUDIENCE_KIND_SELECTED, "one", "one"), "changes[0].audience.selected_device_ids[1]"),
        (change(AUDIENCE_KIND_SELECTED, "one", ""), "changes[0].audience.selected_device_ids[1]"),
        (change(AUDIENCE_KIND_SELECTED, *MANY), "changes[0].audience.selected_device_ids"),
        (
            pb.ChangeAudiencesRequest(
                device_id="owner",
                changes=[AudienceChange(package_name="org.a", audience=FRIENDS)] * 2,
            ),
            "changes[1].package_name",
        ),
        (pb.ListInventoryRequest(), "device_id"),
        (pb.ListVisibleSharesRequest(), "viewer_device_id"),
        (pb.ListVisibleSharesRequest(viewer_device_id="viewer", owners=related("")), "owners[0].device_id"),
        (pb.ListVisibleSharesRequest(viewer_device_id="viewer", owners=related("a", "a")), "owners[1].device_id"),
        (pb.ListVisibleSharesRequest(viewer_device_id="viewer", owners=related("a", level=0)), "owners[0].level"),
        (pb.ListVisibleSharesRequest(viewer_device_id="viewer", owners=related(*MANY)), "owners"),
        (pb.FindVisibleShareRequest(package_name="org.a"), "viewer_device_id"),
        (pb.FindVisibleShareRequest(viewer_device_id="viewer"), "package_name"),
        (pb.FilterVisibleAppsRequest(package_names=["org.a"]), "viewer_device_id"),
        (pb.FilterVisibleAppsRequest(viewer_device_id="viewer", package_names=["org.a", "/"]), "package_names[1]"),
        (pb.FilterVisibleAppsRequest(viewer_device_id="viewer", package_names=["org.a"] * 2), "package_names[1]"),
        (
            pb.FilterVisibleAppsRequest(
                viewer_device_id="viewer", package_names=[f"org.a{number}" for number in range(201)]
            ),
            "package_names",
        ),
        (pb.FindVisibleShareRequest(owners=related("a", level=99), **OWNERS), "owners[0].level"),
        (pb.DeliverPushRequest(recipients=related("viewer")), "sender_device_id"),
        (push("viewer", "viewer"), "recipients[1].device_id"),
        (push(""), "recipients[0].device_id"),
        (pb.DeliverPushRequest(sender_device_id="owner", recipients=related("v", level=0)), "recipients[0].level"),
        (push("viewer", package_names=["org.a", "org.a"]), "package_names[1]"),
        (push("viewer", package_names=["org/a"]), "package_names[0]"),
        (push("viewer", note="x" * 201), "note"),
        (push("viewer", note="bell\u0007"), "note"),
        (push("viewer", request_id="r" * 65), "request_id"),
        (pb.ReadPushPreferenceRequest(), "device_id"),
        (pb.WritePushPreferenceRequest(preference=PushPreference(policy=PUSH_POLICY_OFF)), "device_id"),
        (pb.WritePushPreferenceRequest(device_id="viewer"), "preference.policy"),
        (prefer(PUSH_POLICY_SELECTED), "preference.selected_device_ids"),
        (prefer(PUSH_POLICY_FRIENDS, "owner"), "preference.selected_device_ids"),
        (prefer(PUSH_POLICY_SELECTED, "owner", "owner"), "preference.selected_device_ids[1]"),
        (prefer_muting("owner", "owner"), "preference.muted_device_ids[1]"),
        (prefer_muting("owner", ""), "preference.muted_device_ids[1]"),
        (prefer_muting(*MANY), "preference.muted_device_ids"),
        (pb.ReadDefaultAudienceRequest(), "device_id"),
        (pb.WriteDefaultAudienceRequest(audience=FRIENDS), "device_id"),
        (pb.WriteDefaultAudienceRequest(device_id="owner"), "audience.kind"),
        (
            pb.WriteDefaultAudienceRequest(device_id="owner", audience=Audience(kind=AUDIENCE_KIND_SELECTED)),
            "audience.selected_device_ids",
        ),
        (pb.ListVisibleSharesRequest(viewer_device_id="viewer", known_list_version="x" * 65), "known_list_version"),
        (pb.ListMergedSharesRequest(), "viewer_device_id"),
        (pb.ListMergedSharesRequest(viewer_device_id="viewer", owners=related(*MANY[:4001])), "owners"),
        (pb.ListMergedSharesRequest(viewer_device_id="viewer", owners=related("a", level=0)), "owners[0].level"),
        (pb.ListMergedSharesRequest(viewer_device_id="viewer", search="x" * 65), "search"),
        (pb.ListMergedSharesRequest(viewer_device_id="viewer", search="a\nb"), "search"),
        (pb.WithdrawPushRequest(push_id="p"), "sender_device_id"),
        (pb.WithdrawPushRequest(sender_device_id="owner"), "push_id"),
        (pb.WithdrawPushRequest(sender_device_id="owner", push_id="p" * 65), "push_id"),
        (pb.RecordInstallRequest(package_name="org.a"), "viewer_device_id"),
        (pb.RecordInstallRequest(viewer_device_id="viewer"), "package_name"),
        (pb.RecordInstallRequest(version_code=2**63, **OWNERS), "version_code"),
        (pb.RecordInstallRequest(owners=related("a", level=0), **OWNERS), "owners[0].level"),
        (pb.PurgeDevicesRequest(device_ids=["one", ""]), "device_ids[1]"),
        (pb.PurgeDevicesRequest(device_ids=["one", "one"]), "device_ids[1]"),
        (pb.PurgeDevicesRequest(device_ids=MANY[:101]), "device_ids"),
        (pb.ReadInboxRequest(), "device_id"),
        (pb.AcknowledgeInboxRequest(), "device_id"),
    ],
)
async def test_a_malformed_field_is_named(client: Client, request_: Message, field: str) -> None:
    with pytest.raises(errors.InvalidArgumentError) as refused:
        await client.call(request_)
    assert (refused.value.reason, refused.value.field) == (Reason.INVALID_FIELD, field)


async def test_a_stream_of_no_device_is_refused(client: Client) -> None:
    with pytest.raises(errors.InvalidArgumentError) as refused:
        await anext(client.stream(""))
    assert (refused.value.reason, refused.value.field) == (Reason.INVALID_FIELD, "device_id")


@pytest.mark.parametrize(
    ("request_", "token"),
    [
        (pb.ListInventoryRequest(device_id="owner"), "no token"),
        (pb.ListInventoryRequest(device_id="owner"), encode_token("owner", "org.a")),
        (pb.ListVisibleSharesRequest(viewer_device_id="viewer"), encode_token("org.a")),
        (pb.ListVisibleSharesRequest(viewer_device_id="viewer"), encode_token("owner", 1)),
        (pb.ListMergedSharesRequest(viewer_device_id="viewer"), encode_token("owner", "org.a")),
        (pb.ListMergedSharesRequest(viewer_device_id="viewer"), encode_token("org.a")),
        (pb.ListMergedSharesRequest(viewer_device_id="viewer"), "no token"),
    ],
)
async def test_a_page_token_of_another_list_is_refused(client: Client, request_: Any, token: str) -> None:
    request_.page_token = token
    with pytest.raises(errors.InvalidArgumentError) as refused:
        await client.call(request_)
    assert refused.value.reason is Reason.INVALID_PAGE_TOKEN


async def test_a_full_disk_is_unavailable_until_there_is_room(tmp_path: Path) -> None:
    many = publish("owner", *(app(f"org.{number}") for number in range(500)))
    async with (
        open_database(tmp_path / "share_registry.db", MIGRATIONS) as database,
        running_client(SqliteRegistryStore(database)) as client,
    ):
        await database._writer.execute_fetchall("PRAGMA max_page_count = 1")
        with pytest.raises(errors.UnavailableError) as failed:
            await client.call(many)
        assert failed.value.reason is Reason.STORAGE_UNAVAILABLE
        await database._writer.execute_fetchall("PRAGMA max_page_count = 1000000")
        assert (await client.call(many)).app_count == 500
