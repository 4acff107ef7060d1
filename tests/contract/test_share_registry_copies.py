"""Several copies of ShareRegistry on one PostgreSQL schema: what only several connections can do to each other."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, suppress
from itertools import count, cycle

import pytest
from tests.support.postgresql_server import PostgresqlServer
from tests.support.stores import emptied_schema, rows_with

from appshare import errors
from appshare.postgresql.database import Database, Limits, open_database
from appshare.share_registry.inboxes import Inboxes
from appshare.share_registry.model import (
    App,
    Audience,
    AudienceKind,
    InboxLimits,
    Install,
    Level,
    Platform,
    Push,
    PushOutcome,
    PushPolicy,
    PushPreference,
    RelatedDevice,
)
from appshare.share_registry.pushes import Pushes, PushLimits
from appshare.share_registry.registry import Registry
from appshare.share_registry.signals import Signals
from appshare.share_registry.store import RegistryStore
from appshare.share_registry.stores.postgresql import MIGRATIONS, PostgresqlRegistryStore
from appshare.share_registry.visibility import key_of_device, keyring

SCHEMA = "test_share_registry_copies"
FRIENDS = Audience(AudienceKind.FRIENDS)
LIMITS = InboxLimits(events=1000, per_sender=1000)
VIEWERS = [RelatedDevice(f"viewer-{number}", Level.CONFIRMED) for number in range(5)]


class Copy:
    """The domain of one process."""

    def __init__(self, database: Database) -> None:
        signals = Signals()
        self.database = database
        self.store: RegistryStore = PostgresqlRegistryStore(database)
        self.registry = Registry(self.store, signals, max_apps=100)
        self.pushes = Pushes(self.store, signals, lambda: 1.0, PushLimits(), LIMITS)
        self.inboxes = Inboxes(self.store, signals, lambda: 1.0, heartbeat=60, max_age=60)


@pytest.fixture
async def copies(postgresql: PostgresqlServer) -> AsyncIterator[list[Copy]]:
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(emptied_schema(postgresql, SCHEMA, MIGRATIONS))
        yield [
            Copy(await stack.enter_async_context(open_database(postgresql.url, SCHEMA, MIGRATIONS, Limits(4))))
            for _ in range(2)
        ]


def app(package_name: str, version_code: int = 1) -> App:
    return App(Platform.ANDROID, package_name, "Label", "1.0", version_code, "", "")


async def share(copy: Copy, owner_id: str, *package_names: str) -> None:
    await copy.registry.replace_inventory(owner_id, [app(name) for name in package_names])
    await copy.registry.change_audiences(owner_id, dict.fromkeys(package_names, FRIENDS))


async def accept_pushes(copy: Copy) -> None:
    for viewer in VIEWERS:
        await copy.pushes.change_preference(viewer.device_id, PushPreference(PushPolicy.FRIENDS))


async def read_all(copy: Copy, device_id: str, after: int = 0) -> list[int]:
    """The positions of what waits."""
    events, _head = await copy.inboxes.read(device_id, after, 200)
    return [event.position for event in events]


async def test_pushes_through_two_copies_get_the_positions_of_one_inbox_in_turn(copies: list[Copy]) -> None:
    await accept_pushes(copies[0])
    senders = [f"sender-{number:02}" for number in range(24)]
    for sender_id in senders:
        await share(copies[0], sender_id, "org.a")
    # In different orders: whoever locks inboxes as they come would wait for the other for ever.
    orders = cycle([VIEWERS, VIEWERS[::-1]])
    await asyncio.gather(
        *(
            copy.pushes.deliver(Push(sender_id, frozenset(), ""), viewers, "")
            for sender_id, copy, viewers in zip(senders, cycle(copies), orders, strict=False)
        )
    )
    for viewer in VIEWERS:
        assert await read_all(copies[0], viewer.device_id) == list(range(1, 25))


async def test_a_reader_never_sees_a_position_before_those_in_front_of_it(copies: list[Copy]) -> None:
    await accept_pushes(copies[0])
    senders = [f"sender-{number:02}" for number in range(20)]
    for sender_id in senders:
        await share(copies[0], sender_id, "org.a")

    async def follow() -> list[int]:
        """Reads on from the newest position that it has seen, as a stream does."""
        seen: list[int] = []
        while len(seen) < len(senders):
            seen += await read_all(copies[1], "viewer-0", seen[-1] if seen else 0)
        return seen

    following = asyncio.create_task(follow())
    await asyncio.gather(
        *(
            copy.pushes.deliver(Push(sender_id, frozenset(), ""), VIEWERS, "")
            for sender_id, copy in zip(senders, cycle(copies), strict=False)
        )
    )
    assert await asyncio.wait_for(following, 60) == list(range(1, len(senders) + 1))


async def test_acknowledging_while_pushes_arrive_loses_none(copies: list[Copy]) -> None:
    await accept_pushes(copies[0])
    await share(copies[0], "owner", *(f"org.{number}" for number in range(20)))
    received: list[int] = []

    async def receive() -> None:
        while len(received) < 20:
            positions = await read_all(copies[1], "viewer-0", received[-1] if received else 0)
            received.extend(positions)
            if positions:
                await copies[1].inboxes.acknowledge("viewer-0", positions[-1])

    receiving = asyncio.create_task(receive())
    for number in range(20):
        await copies[0].pushes.deliver(Push("owner", frozenset({f"org.{number}"}), ""), VIEWERS[:1], "")
    await asyncio.wait_for(receiving, 60)
    assert received == list(range(1, 21))
    assert await read_all(copies[0], "viewer-0") == []
    assert await copies[0].database.read("SELECT FROM pushes") == []


async def test_a_list_shows_the_audiences_of_one_moment(copies: list[Copy]) -> None:
    names = [f"org.{number}" for number in range(20)]
    await share(copies[0], "owner", *names)
    nobody = Audience(AudienceKind.NOBODY)
    done = False

    async def turn_over_and_over() -> None:
        for number in range(20):
            await copies[0].registry.change_audiences("owner", dict.fromkeys(names, nobody if number % 2 else FRIENDS))

    async def look() -> set[int]:
        lengths = set()
        while not done:
            page = await copies[1].registry.visible_shares(
                "viewer-0", [RelatedDevice("owner", Level.LIKELY)], ("", ""), 100
            )
            lengths.add(len(page.items))
        return lengths

    looking = asyncio.create_task(look())
    await turn_over_and_over()
    done = True
    assert await looking <= {0, 20}


async def test_two_syncs_of_one_device_at_once_leave_one_of_both_inventories(copies: list[Copy]) -> None:
    inventories = [[app(f"org.{copy}.{number}") for number in range(50)] for copy in range(2)]
    for _ in range(5):
        counts = await asyncio.gather(
            *(copy.registry.replace_inventory("owner", apps) for copy, apps in zip(copies, inventories, strict=True))
        )
        assert counts == [50, 50]
        page = await copies[0].registry.inventory("owner", "", 200)
        assert [entry.app for entry in page.items] in [
            sorted(apps, key=lambda each: each.package_name) for apps in inventories
        ]


async def test_the_limits_of_a_sender_hold_over_copies(copies: list[Copy]) -> None:
    await accept_pushes(copies[0])
    await share(copies[0], "owner", "org.a")
    limits = PushLimits(reached_per_day=10)
    tight = [Pushes(copy.store, Signals(), lambda: 1.0, limits, LIMITS) for copy in copies]
    results = await asyncio.gather(
        *(pushes.deliver(Push("owner", frozenset(), ""), VIEWERS, "") for pushes in tight * 3), return_exceptions=True
    )
    assert sum(isinstance(result, errors.ResourceExhaustedError) for result in results) == 4
    assert len(await read_all(copies[0], "viewer-0")) == 1  # the newer took the place of the older


async def test_one_request_id_through_two_copies_is_one_push(copies: list[Copy]) -> None:
    await accept_pushes(copies[0])
    await share(copies[0], "owner", "org.a")
    deliveries = await asyncio.gather(
        *(copy.pushes.deliver(Push("owner", frozenset(), ""), VIEWERS, "request") for copy in copies * 3)
    )
    assert len({delivery.push_id for delivery in deliveries}) == 1
    assert all(delivery.outcomes == (PushOutcome.ACCEPTED,) * len(VIEWERS) for delivery in deliveries)
    assert await copies[0].store.head("viewer-0") == 1


async def test_deletions_beside_everything_else_leave_no_trace(copies: list[Copy]) -> None:
    names = ["org.a", "org.b"]
    everyone = [RelatedDevice(f"device-{number}", Level.CONFIRMED) for number in range(8)]
    gone = [each.device_id for each in everyone[:4]]
    by_name = Audience(AudienceKind.SELECTED, frozenset(each.device_id for each in everyone))
    turns = count()

    async def live(device_id: str, copy: Copy) -> None:
        """What a device does: shares with all by name, accepts, pushes, installs, acknowledges."""
        for _ in range(3):
            with suppress(errors.NotFoundError, errors.OutOfRangeError):  # it has just been deleted
                await live_once(device_id, copy)

    async def live_once(device_id: str, copy: Copy) -> None:
        await copy.registry.replace_inventory(device_id, [app(name) for name in names])
        await copy.registry.change_audiences(device_id, dict.fromkeys(names, by_name))
        await copy.pushes.change_preference(device_id, PushPreference(PushPolicy.FRIENDS, muted=frozenset(gone[:1])))
        await copy.pushes.deliver(Push(device_id, frozenset(), ""), everyone, f"request-{next(turns)}")
        async with copy.store.change(device_id) as change:
            sharing = await change.owners_sharing(keyring(device_id, everyone), "org.a")
            await change.add_install(sharing - {device_id}, Install(device_id, "org.a", 1), 1.0, LIMITS)
        await copy.inboxes.acknowledge(device_id, await copy.store.head(device_id))

    async def delete(copy: Copy) -> None:
        for device_id in gone * 3:
            await copy.store.delete_devices([device_id], [key_of_device(device_id)])

    living = [live(each.device_id, copy) for each, copy in zip(everyone, cycle(copies), strict=False)]
    # None of them fails: nobody waits in a circle.
    await asyncio.wait_for(asyncio.gather(*living, delete(copies[0]), delete(copies[1])), 90)
    await copies[0].store.delete_devices(gone, [key_of_device(each) for each in gone])
    for device_id in gone:
        assert await rows_with(copies[0].database, device_id) == []
    assert await rows_with(copies[0].database, everyone[-1].device_id)
