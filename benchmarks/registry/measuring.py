"""What ShareRegistry costs on a store, each figure beside a bare one of the same run.

`bare` is SQLite through Python's own module, in the same thread, with the same pragmas; of streams, bare grpc.aio.
"""

import asyncio
from collections.abc import Sequence
from functools import partial
from random import Random
from time import time

from appshare.process.clock import system_clock
from appshare.share_registry.merged_shares import MergedShares
from appshare.share_registry.model import InboxLimits, Level, Push, PushPolicy, PushPreference, RelatedDevice
from appshare.share_registry.pushes import Pushes, PushLimits
from appshare.share_registry.registry import Registry
from appshare.share_registry.signals import Signals
from appshare.share_registry.store import RegistryStore
from appshare.share_registry.stores.opening import opened_store
from benchmarks.figures import Act, Costs, Figures, bare_times, costs
from benchmarks.registry import served, streams
from benchmarks.registry.bare import Bare
from benchmarks.registry.population import APPS, FRIENDS, apps_of, fill, friends_of, owner_id
from benchmarks.storage import Storage

_ROUNDS = 300
_PAGE = 50
_FIRST = ("", "")
_CONNECTIONS = 10
_WRITTEN_AT_ONCE = 500
_IDLE_SECONDS = 25.0
_LIMITS = InboxLimits(events=1_000, per_sender=20)

VIEWER = "viewer-0000000000000000"
LISTENER = "listener-0000000000000000"


class Bench:
    """The domain on a store with owners in it."""

    def __init__(self, store: RegistryStore, bare: Bare, owners: int, storage: Storage, figures: Figures) -> None:
        signals = Signals()
        self.registry = Registry(store, signals, 5_000)
        self.merged = MergedShares(store, 2)
        self.pushes = Pushes(store, signals, system_clock, PushLimits(reached_per_day=10**9), _LIMITS)
        self.bare = bare
        self.owners = owners
        self.storage = storage
        self.figures = figures
        self.random = Random(3)  # noqa: S311 - the same owners in every run

    async def measure(self) -> None:
        await self._publishing()
        await self._lists()
        await self._merged_lists()
        await self._pushes()

    async def _publishing(self) -> None:
        what, guests = "60 rows, one transaction", [f"guest-{each:016d}" for each in range(_ROUNDS)]
        apps = [apps_of(each) for each in range(_ROUNDS)]
        bare = bare_times([partial(self.bare.publish, *each) for each in zip(guests, apps, strict=True)])
        publish = [partial(self.registry.replace_inventory, *each) for each in zip(guests, apps, strict=True)]
        self.figures.add_costs(f"publish {APPS} apps", "ms", await self._costs(publish), bare, what)
        self.figures.add_costs(f"publish {APPS} apps again", "ms", await self._costs(publish), bare, what)

    async def _lists(self) -> None:
        owners = [[RelatedDevice(owner_id(each), Level.LIKELY)] for each in self._some()]
        guests = [f"guest-{each:016d}" for each in range(_ROUNDS)]
        bare = bare_times([partial(self.bare.list_apps, [guest], _PAGE) for guest in guests])
        pages = await self._costs(
            [partial(self.registry.visible_shares, VIEWER, each, _FIRST, _PAGE) for each in owners]
        )
        self.figures.add_costs("list an owner's apps, a page", "us", pages, bare, "50 rows")
        bare = bare_times([partial(self.bare.list_apps, [guest], APPS) for guest in guests])
        versions = await self._costs([partial(self.registry.list_version, VIEWER, each) for each in owners])
        self.figures.add_costs("version of an owner's list", "us", versions, bare, "60 rows")

    async def _merged_lists(self) -> None:
        owners = [self._friends(each) for each in self._some()[:100]]
        guests = [f"guest-{each:016d}" for each in range(FRIENDS)]
        bare = bare_times([partial(self.bare.list_apps, guests, FRIENDS * APPS)] * 100)
        for what, search in (("a page", ""), ("a search", "7")):
            acts = [partial(self.merged.page, VIEWER, each, search, _FIRST, _PAGE) for each in owners]
            label = f"merged list of {FRIENDS} friends, {what}"
            self.figures.add_costs(label, "ms", await self._costs(acts), bare, "all their 3000 rows")

    async def _pushes(self) -> None:
        senders = self._some()
        bare = bare_times([partial(self.bare.push, friends_of(each, self.owners), "content") for each in senders])
        acts = [partial(self._push, each, f"request {each}") for each in senders]
        self.figures.add_costs(
            f"push to {FRIENDS} friends", "ms", await self._costs(acts), bare, "50 rows, one transaction"
        )
        spent = await self._costs([partial(self._push_all, senders)])
        rate, processor = len(senders) / spent.seconds[0], spent.processor / len(senders)
        self.figures.add("pushes to 50 friends at once", "pushes/s", rate, processor=processor)

    async def _push_all(self, senders: Sequence[int]) -> None:
        await asyncio.gather(*(self._push(each, f"another {each}") for each in senders))

    async def _push(self, sender: int, request_id: str) -> None:
        await self.pushes.deliver(Push(owner_id(sender), frozenset(), "for you"), self._friends(sender), request_id)

    async def _costs(self, acts: Sequence[Act]) -> Costs:
        return await costs(acts, self.storage.processor_time)

    def _friends(self, index: int) -> list[RelatedDevice]:
        friends = friends_of(index, self.owners)
        return [RelatedDevice(friend, Level.CONFIRMED, person) for person, friend in enumerate(friends, start=1)]

    def _some(self) -> list[int]:
        return self.random.sample(range(self.owners), min(_ROUNDS, self.owners))


async def measured(owners: int, storage: Storage) -> Figures:
    """The figures of the domain on its store with so many owners, in a storage that is empty at first."""
    figures = Figures()
    async with opened_store(storage.data, storage.url, _CONNECTIONS) as store:
        spent = await costs([partial(fill, store, owners)], storage.processor_time)
        figures.add("fill", "owners/s", owners / spent.seconds[0], processor=spent.processor / owners)
        await storage.settle()
        figures.add("disk", "bytes per app", await storage.size() / owners / APPS)
        bare = Bare(storage.folder / "bare.db")
        await Bench(store, bare, owners, storage, figures).measure()
        bare.close()
    return figures


async def measured_streams(owners: int, waiting: int, idle: int, storage: Storage) -> Figures:
    """The figures of streams of a process, in a storage with so many owners.

    Args:
        waiting: events in the inbox that is drained.
        idle: open streams on which nothing happens; 0: they are not measured.
    """
    figures = Figures()
    await _let_wait(waiting, owners, storage)
    with served.registry(storage) as ours, served.bare_stream() as bare:
        drained, bare_drained = await streams.drain(ours, VIEWER, waiting), await streams.bare_drain(bare, waiting)
        what, rates = f"drain {waiting} events", (waiting / drained, waiting / bare_drained)
        figures.add(what, "events/s", *rates, "grpc.aio stream")
        names = [app.package_name for app in apps_of(0)] * 10
        spent = await streams.deliveries(ours, owner_id(0), LISTENER, names)
        bare_spent = await streams.bare_deliveries(bare, len(names))
        figures.add_times("from a push to an open stream", "ms", spent, bare_spent, "grpc.aio: a call, a message")
    if idle:
        await _measure_idle(idle, storage, figures)
    return figures


async def _measure_idle(idle: int, storage: Storage, figures: Figures) -> None:
    with served.registry(storage) as ours, served.bare_stream() as bare:
        found = await streams.idle(ours, idle, _IDLE_SECONDS)
        bare_found = await streams.bare_idle(bare, idle, _IDLE_SECONDS)
        what = f"{idle} idle streams"
        figures.add(f"{what}: memory", "KiB each", found.memory, bare_found.memory, "grpc.aio streams")
        figures.add(f"{what}: processor", "%", found.processor * 100, bare_found.processor * 100, "the same")


async def _let_wait(count: int, owners: int, storage: Storage) -> None:
    """Puts pushes of an app each into the viewer's inbox."""
    limits = InboxLimits(events=count, per_sender=count)
    async with opened_store(storage.data, storage.url, _CONNECTIONS) as store:
        for device_id in (VIEWER, LISTENER):
            async with store.change(device_id) as change:
                await change.replace_push_preference(device_id, PushPreference(PushPolicy.FRIENDS))
        for first in range(0, count, _WRITTEN_AT_ONCE):
            numbers = range(first, min(first + _WRITTEN_AT_ONCE, count))
            async with store.change(VIEWER) as change:
                for number in numbers:
                    sender = number // APPS % owners
                    push = Push(owner_id(sender), frozenset({apps_of(sender)[number % APPS].package_name}), "")
                    await change.add_push(f"push-{number}", push, {VIEWER: Level.LIKELY}, time(), limits)
    await storage.settle()
