"""`make benchmark-radar DEVICES=10000`: RelationRadar's figures, each beside a bare one of the same run.

A figure is the median of many. `bare` is SQLite through Python's own module, in the same thread, with the same pragmas;
with STORE=postgresql, ours are those of a PostgreSQL server on this machine, that syncs to its disk.
"""

import argparse
import asyncio
import json
import os
import sqlite3
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from random import Random
from statistics import median
from time import perf_counter, process_time

from tests.support.postgresql_server import running_postgresql
from tests.support.radar_stores import RadarStores, postgresql_stores, sqlite_stores

from appshare.relation_radar.friendship import FriendshipRule
from appshare.relation_radar.limits import RadarLimits
from appshare.relation_radar.model import BookEntry, Device, Registration, Rule, Session
from appshare.relation_radar.numbers import NumberKeys
from appshare.relation_radar.radar import Radar
from benchmarks.radar.bare import Bare
from benchmarks.radar.population import CONTACTS, Person, population

_AT_ONCE = 64
_PAGE = 50
_AN_HOUR = 1000
"""Registrations in an hour of the clock that they see."""
_LIMITS = RadarLimits()
_RULES = {rule: FriendshipRule(rule) for rule in (Rule.LISTED, Rule.SHARED_CONTACTS)}
_PER_SECOND = {"us": 1e6, "ms": 1e3}

_CHECK = "two books read as blobs, intersected"
_ALL_ROWS = "all rows in one transaction"

Act = Callable[[], Awaitable[object]]


@dataclass(frozen=True)
class Figure:
    what: str
    unit: str
    ours: float
    bare: float | None = None
    bare_is: str = ""


class Bench:
    """One run: a population in a store, and the same in bare SQLite."""

    def __init__(self, stores: RadarStores, people: list[Person], folder: Path) -> None:
        self.stores = stores
        self.store = stores.radar
        self.blocks = stores.blocks
        self.people = people
        self.path = folder / "radar.db"
        self.bare = Bare(folder / "bare.db")
        self.devices: list[Device] = []
        self.figures: list[Figure] = []
        self.random = Random(2)  # noqa: S311 - the same pairs in every run

    async def build(self) -> None:
        start, cpu = perf_counter(), process_time()
        for first in range(0, len(self.people), _AT_ONCE):
            part = list(enumerate(self.people[first : first + _AT_ONCE], start=first))
            devices = await asyncio.gather(*(self._register(index, person) for index, person in part))
            await asyncio.gather(*map(self._sync, devices, (person.contacts for _, person in part)))
            self.devices += devices
        self._add("build: register and sync", "devices/s", len(self.people) / (perf_counter() - start))
        self._add("build: processor time", "us per device", (process_time() - cpu) / len(self.people) * 1e6)
        self.bare.fill(self.people)

    async def measure(self) -> None:
        await self._size()
        if self.stores.engine == "sqlite":
            await self._cold()
        await self._checks()
        await self._lists()
        await self._syncs()
        self._add("resident memory, with the population", "MiB", _resident())

    async def _size(self) -> None:
        if self.stores.engine == "sqlite":
            size = sum(each.stat().st_size for each in self.path.parent.glob("radar.db*"))
        else:
            size = await self.stores.database.size()
        self._add("disk", "bytes per contact", size / len(self.people) / CONTACTS)

    async def _cold(self) -> None:
        """First reads of a device each: SQLite's caches are empty, and the system's, as far as it does it."""
        viewers, pairs = self.random.sample(self.devices, 50), self._pairs(50)
        radar = self._radar(Rule.LISTED)
        await self._forget()
        await self._time(
            "list friends, listed, cold", "ms", [partial(radar.friends.all, each.device_id) for each in viewers]
        )
        await self._forget()
        bare = _spent([partial(self.bare.common, one.key, other.key) for one, other in pairs])
        checks = [partial(radar.acquaintances.by_device, one.device_id, other.device_id) for one, other in pairs]
        await self._time("check, listed, both ways, one call, cold", "us", checks, bare, _CHECK)

    async def _forget(self) -> None:
        await self.stores.database.run(_shrink)
        self.stores.database.look_up(_shrink)
        self.bare.forget()
        for path in (self.path, self.path.with_name("bare.db")):
            _drop_from_cache(path)

    async def _checks(self) -> None:
        pairs = self._pairs(2000)
        bare = _spent([partial(self.bare.common, one.key, other.key) for one, other in pairs])
        for name, rule in _RULES.items():
            times = []
            for first in range(0, len(pairs), _AT_ONCE):
                start = perf_counter()
                await self._verdicts(rule, pairs[first : first + _AT_ONCE])
                times.append((perf_counter() - start) / len(pairs[first : first + _AT_ONCE]))
            self._add(f"check, {name}, {_AT_ONCE} in a batch", "us", median(times) * 1e6, bare * 1e6, _CHECK)
        radar = self._radar(Rule.LISTED)
        calls = [partial(radar.acquaintances.by_device, one.device_id, other.device_id) for one, other in pairs[:500]]
        await self._time("check, listed, both ways, one call", "us", calls, bare, _CHECK)

    async def _verdicts(self, rule: FriendshipRule, pairs: list[tuple[Device, Device]]) -> None:
        """Verdicts of many pairs, as `Acquaintances` comes to them: one query for the books, one for the hubs."""
        books = await self.store.books([device for pair in pairs for device in pair])
        viewers, owners = books[::2], books[1::2]
        hubs = await self._radar(rule.rule).acquaintances._hubs_between(list(zip(viewers, owners, strict=True)))  # noqa: SLF001
        for viewer, owner in zip(viewers, owners, strict=True):
            rule.level(viewer, owner, hubs)

    async def _lists(self) -> None:
        for rule in _RULES:
            radar, viewers = self._radar(rule), self.random.sample(self.devices, 100)
            await self._time(
                f"list friends, {rule}", "ms", [partial(radar.friends.all, each.device_id) for each in viewers]
            )
            pages = [partial(radar.friends.behind, each.device_id, None, _PAGE) for each in viewers]
            await self._time(f"list friends, {rule}, a page of {_PAGE}", "ms", pages)

    async def _syncs(self) -> None:
        """Books of the population as new devices' books; to write to a full store is what counts."""
        guests = [
            await self._register(len(self.people) + each, self.people[each]) for each in range(20 + 20 * _AT_ONCE)
        ]
        books = [self.people[-each - 1].contacts for each in range(len(guests))]
        single = list(zip(guests[:20], books[:20], strict=True))
        bare = _spent([partial(self.bare.insert, [(device.key, book)]) for device, book in single])
        syncs = [partial(self._sync, device, book) for device, book in single]
        await self._time("sync one book", "ms", syncs, bare, "200 rows inserted, indexed both ways")
        await self._time("sync it again, nothing new", "ms", syncs)
        rest = list(zip(guests, books, strict=True))[len(single) :]
        groups = [rest[at : at + _AT_ONCE] for at in range(0, len(rest), _AT_ONCE)]
        cpu = process_time()
        bare = _AT_ONCE / _spent(
            [partial(self.bare.insert, [(device.key, book) for device, book in group]) for group in groups]
        )
        bare_cpu, cpu, times = process_time() - cpu, process_time(), []
        for group in groups:
            start = perf_counter()
            await asyncio.gather(*(self._sync(device, book) for device, book in group))
            times.append(perf_counter() - start)
        cpu = process_time() - cpu
        self._add(f"{_AT_ONCE} syncs at once", "books/s", _AT_ONCE / median(times), bare, _ALL_ROWS)
        self._add(
            "the same, processor time", "us per book", cpu / len(rest) * 1e6, bare_cpu / len(rest) * 1e6, _ALL_ROWS
        )

    async def _register(self, index: int, person: Person) -> Device:
        device_id = f"device-{index:016d}"
        now = index // _AN_HOUR * 3600.0
        registration = Registration(
            f"registration-{index:08d}", person.number_key, "CN", bytes(32), 0, expire_time=now + 7200
        )
        await self.store.add_registration(registration, None, now, 5)
        session = Session(f"session-{index:014d}", device_id, bytes(32), None, 0.0)
        await self.store.complete_registration(registration, device_id, session)
        device = await self.store.find_device(device_id)
        if device is None:
            raise RuntimeError("a registered device is not there")
        return device

    async def _sync(self, device: Device, numbers: Sequence[int]) -> None:
        entries = [BookEntry(contact_id, number) for contact_id, number in enumerate(numbers, start=1)]
        await self.store.replace_book(device, entries, _LIMITS.max_contacts)

    def _pairs(self, count: int) -> list[tuple[Device, Device]]:
        """Half of the pairs are somebody and a contact, half are any two."""
        by_number = {device.number_key: device for device in self.devices}
        pairs = []
        for index in range(count):
            one = self.random.randrange(len(self.people))
            known = [by_number[number] for number in self.people[one].contacts if number in by_number]
            pairs.append((self.devices[one], self.random.choice(known if index % 2 else self.devices)))
        return pairs

    def _radar(self, rule: Rule) -> Radar:
        return Radar(self.store, NumberKeys(bytes(32)), _RULES[rule], _LIMITS, self.blocks)

    async def _time(
        self, what: str, unit: str, acts: Sequence[Act], bare: float | None = None, bare_is: str = ""
    ) -> None:
        """The median of what each takes; `bare` in seconds."""
        times = []
        for act in acts:
            start = perf_counter()
            await act()
            times.append(perf_counter() - start)
        scale = _PER_SECOND[unit]
        self._add(what, unit, median(times) * scale, bare and bare * scale, bare_is)

    def _add(self, what: str, unit: str, ours: float, bare: float | None = None, bare_is: str = "") -> None:
        self.figures.append(Figure(what, unit, ours, bare, bare_is))


def _spent(acts: Sequence[Callable[[], object]]) -> float:
    """The median of the seconds that each takes."""
    times = []
    for act in acts:
        start = perf_counter()
        act()
        times.append(perf_counter() - start)
    return median(times)


def _shrink(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA shrink_memory")


def _drop_from_cache(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    os.fsync(descriptor)
    os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    os.close(descriptor)


def _resident() -> float:
    """MiB of memory."""
    [line] = [each for each in Path("/proc/self/status").read_text().splitlines() if each.startswith("VmRSS")]
    return int(line.split()[1]) / 1024


async def _run(devices: int, engine: str) -> list[Figure]:
    people = list(population(devices))
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        server = stack.enter_context(running_postgresql(durable=True)) if engine == "postgresql" else None
        async with postgresql_stores(server.url, connections=10) if server else sqlite_stores(folder) as stores:
            bench = Bench(stores, people, folder)
            await bench.build()
            if server:
                await stores.database.vacuum("devices", "books", "postings")
            else:
                await stores.database.checkpoint()
            await bench.measure()
            bench.bare.close()
            return bench.figures


def _table(figures: list[Figure]) -> str:
    lines = [f"{'':44}{'ours':>10}{'bare':>10}{'ratio':>7}"]
    for each in figures:
        bare = f"{each.bare:10.2f}{each.ours / each.bare:7.2f}  {each.bare_is}" if each.bare else ""
        lines.append(f"{each.what + ', ' + each.unit:44}{each.ours:10.2f}{bare}")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--devices", type=int, default=10_000)
    parser.add_argument("--store", choices=["sqlite", "postgresql", "postgres"], default="sqlite")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    arguments = parser.parse_args()
    figures = asyncio.run(_run(arguments.devices, "postgresql" if arguments.store.startswith("postgres") else "sqlite"))
    print(json.dumps([asdict(each) for each in figures], indent=2) if arguments.json else _table(figures))


if __name__ == "__main__":
    main()
