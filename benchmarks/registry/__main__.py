"""`python -m benchmarks.registry --owners 10000`: ShareRegistry's figures, each beside a bare one of the same run."""

import argparse
import asyncio
import sqlite3
import tempfile
from functools import partial
from pathlib import Path
from random import Random
from time import perf_counter, time

from appshare.process.clock import system_clock
from appshare.share_registry.merged_shares import MergedShares
from appshare.share_registry.model import InboxLimits, Level, Push, RelatedDevice
from appshare.share_registry.pushes import Pushes, PushLimits
from appshare.share_registry.registry import Registry
from appshare.share_registry.signals import Signals
from appshare.share_registry.stores import sqlite_inboxes
from appshare.share_registry.stores.sqlite import MIGRATIONS, SqliteRegistryStore
from appshare.sqlite.database import open_database
from benchmarks.figures import Figures, bare_times, times
from benchmarks.registry import served, streams
from benchmarks.registry.bare import Bare
from benchmarks.registry.population import APPS, FRIENDS, apps_of, fill, friends_of, owner_id

_ROUNDS = 300
_PAGE = 50
_FIRST = ("", "")
_DRAINED = 10_000
_IDLE_SECONDS = 25.0
_LIMITS = InboxLimits(events=1_000, per_sender=20)

VIEWER = "viewer-0000000000000000"
LISTENER = "listener-0000000000000000"


class Bench:
    """The domain on a store with owners in it."""

    def __init__(self, store: SqliteRegistryStore, bare: Bare, owners: int, figures: Figures) -> None:
        signals = Signals()
        self.registry = Registry(store, signals, 5_000)
        self.merged = MergedShares(store, 2)
        self.pushes = Pushes(store, signals, system_clock, PushLimits(reached_per_day=10**9), _LIMITS)
        self.bare = bare
        self.owners = owners
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
        self.figures.add_times(f"publish {APPS} apps", "ms", await times(publish), bare, what)
        self.figures.add_times(f"publish {APPS} apps again", "ms", await times(publish), bare, what)

    async def _lists(self) -> None:
        owners = [[RelatedDevice(owner_id(each), Level.LIKELY)] for each in self._some()]
        guests = [f"guest-{each:016d}" for each in range(_ROUNDS)]
        bare = bare_times([partial(self.bare.list_apps, [guest], _PAGE) for guest in guests])
        pages = await times([partial(self.registry.visible_shares, VIEWER, each, _FIRST, _PAGE) for each in owners])
        self.figures.add_times("list an owner's apps, a page", "us", pages, bare, "50 rows")
        bare = bare_times([partial(self.bare.list_apps, [guest], APPS) for guest in guests])
        versions = await times([partial(self.registry.list_version, VIEWER, each) for each in owners])
        self.figures.add_times("version of an owner's list", "us", versions, bare, "60 rows")

    async def _merged_lists(self) -> None:
        owners = [self._friends(each) for each in self._some()[:100]]
        guests = [f"guest-{each:016d}" for each in range(FRIENDS)]
        bare = bare_times([partial(self.bare.list_apps, guests, FRIENDS * APPS)] * 100)
        for what, search in (("a page", ""), ("a search", "7")):
            acts = [partial(self.merged.page, VIEWER, each, search, _FIRST, _PAGE) for each in owners]
            label = f"merged list of {FRIENDS} friends, {what}"
            self.figures.add_times(label, "ms", await times(acts), bare, "all their 3000 rows")

    async def _pushes(self) -> None:
        senders = self._some()
        bare = bare_times([partial(self.bare.push, friends_of(each, self.owners), "content") for each in senders])
        acts = [partial(self._push, each, f"request {each}") for each in senders]
        self.figures.add_times(f"push to {FRIENDS} friends", "ms", await times(acts), bare, "50 rows, one transaction")
        start = perf_counter()
        await asyncio.gather(*(self._push(each, f"another {each}") for each in senders))
        self.figures.add("pushes to 50 friends at once", "pushes/s", len(senders) / (perf_counter() - start))

    async def _push(self, sender: int, request_id: str) -> None:
        await self.pushes.deliver(Push(owner_id(sender), frozenset(), "for you"), self._friends(sender), request_id)

    def _friends(self, index: int) -> list[RelatedDevice]:
        friends = friends_of(index, self.owners)
        return [RelatedDevice(friend, Level.CONFIRMED, person) for person, friend in enumerate(friends, start=1)]

    def _some(self) -> list[int]:
        return self.random.sample(range(self.owners), min(_ROUNDS, self.owners))


async def _measure_store(path: Path, folder: Path, owners: int, figures: Figures) -> None:
    async with open_database(path, MIGRATIONS):
        pass
    start = perf_counter()
    fill(path, owners)
    figures.add("fill", "owners/s", owners / (perf_counter() - start))
    figures.add("disk", "bytes per app", _size(path) / owners / APPS)
    bare = Bare(folder / "bare.db")
    async with open_database(path, MIGRATIONS) as database:
        await Bench(SqliteRegistryStore(database), bare, owners, figures).measure()
    bare.close()


def _size(path: Path) -> int:
    return path.stat().st_size


def _let_wait(path: Path, owners: int) -> None:
    """Puts pushes of an app each into the viewer's inbox."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.row_factory = sqlite3.Row
    connection.execute("BEGIN")
    connection.executemany("INSERT INTO push_preferences VALUES (?, 'friends')", [(VIEWER,), (LISTENER,)])
    limits = InboxLimits(events=_DRAINED, per_sender=_DRAINED)
    for number in range(_DRAINED):
        sender = number // APPS % owners
        push = Push(owner_id(sender), frozenset({apps_of(sender)[number % APPS].package_name}), "")
        sqlite_inboxes.add_push(f"push-{number}", push, {VIEWER: Level.LIKELY}, time(), limits, connection)
    connection.execute("COMMIT")
    connection.close()


async def _measure_streams(data: Path, path: Path, owners: int, idle: int, figures: Figures) -> None:
    _let_wait(path, owners)
    with served.registry(data) as ours, served.bare_stream() as bare:
        drained, bare_drained = await streams.drain(ours, VIEWER, _DRAINED), await streams.bare_drain(bare, _DRAINED)
        what, rates = f"drain {_DRAINED} events", (_DRAINED / drained, _DRAINED / bare_drained)
        figures.add(what, "events/s", *rates, "grpc.aio stream")
        names = [app.package_name for app in apps_of(0)] * 10
        spent = await streams.deliveries(ours, owner_id(0), LISTENER, names)
        bare_spent = await streams.bare_deliveries(bare, len(names))
        figures.add_times("from a push to an open stream", "ms", spent, bare_spent, "grpc.aio: a call, a message")
    with served.registry(data) as ours, served.bare_stream() as bare:
        found = await streams.idle(ours, idle, _IDLE_SECONDS)
        bare_found = await streams.bare_idle(bare, idle, _IDLE_SECONDS)
        what = f"{idle} idle streams"
        figures.add(f"{what}: memory", "KiB each", found.memory, bare_found.memory, "grpc.aio streams")
        figures.add(f"{what}: processor", "%", found.processor * 100, bare_found.processor * 100, "the same")


async def _run(owners: int, idle: int) -> Figures:
    figures = Figures()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "share-registry" / "share_registry.db"
        await _measure_store(path, Path(folder), owners, figures)
        await _measure_streams(Path(folder), path, owners, idle, figures)
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--owners", type=int, default=10_000, help=f"of {APPS} apps each; at least {FRIENDS + 1}")
    parser.add_argument("--idle", type=int, default=5_000, help="open streams on which nothing happens")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    arguments = parser.parse_args()
    figures = asyncio.run(_run(arguments.owners, arguments.idle))
    print(figures.json() if arguments.json else figures.table())


if __name__ == "__main__":
    main()
