"""What RelationRadar costs on a store, each figure beside a bare one of the same run.

A figure is the median of many. `bare` is SQLite through Python's own module, in the same thread, with the same pragmas.
"""

import asyncio
import os
import sqlite3
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from random import Random
from statistics import median
from time import perf_counter, process_time

from tests.support.radar_stores import RadarStores, postgresql_stores, sqlite_stores

from appshare.relation_radar.friendship import FriendshipRule
from appshare.relation_radar.limits import RadarLimits
from appshare.relation_radar.model import BookEntry, Device, Registration, Rule, Session
from appshare.relation_radar.numbers import NumberKeys
from appshare.relation_radar.radar import Radar
from benchmarks.figures import Act, Figures, bare_times, costs
from benchmarks.radar.bare import Bare
from benchmarks.radar.population import CONTACTS, Person, population
from benchmarks.storage import SQLITE, Storage

_AT_ONCE = 64
_PAGE = 50
_AN_HOUR = 1000
"""Registrations in an hour of the clock that they see."""
_LIMITS = RadarLimits()
_RULES = {rule: FriendshipRule(rule) for rule in (Rule.LISTED, Rule.SHARED_CONTACTS)}
_PER_SECOND = {"us": 1e6, "ms": 1e3}

_CHECK = "two books read as blobs, intersected"
_ALL_ROWS = "all rows in one transaction"


async def measured(devices: int, storage: Storage) -> Figures:
    """The figures with so many devices, in a storage that is empty at first."""
    stores = postgresql_stores(storage.url, connections=10) if storage.url else sqlite_stores(storage.data)
    async with stores as opened:
        bench = Bench(opened, list(population(devices)), storage)
        await bench.build()
        await storage.settle()
        await bench.measure()
        bench.bare.close()
    return bench.figures


class Bench:
    """One run: a population in a store, and the same in bare SQLite."""

    def __init__(self, stores: RadarStores, people: list[Person], storage: Storage) -> None:
        self.stores = stores
        self.store = stores.radar
        self.blocks = stores.blocks
        self.people = people
        self.storage = storage
        self.path = storage.data / "radar.db"
        self.bare_path = storage.folder / "bare.db"
        self.bare = Bare(self.bare_path)
        self.devices: list[Device] = []
        self.figures = Figures()
        self.random = Random(2)  # noqa: S311 - the same pairs in every run

    async def build(self) -> None:
        start, cpu = perf_counter(), self.storage.processor_time()
        for first in range(0, len(self.people), _AT_ONCE):
            part = list(enumerate(self.people[first : first + _AT_ONCE], start=first))
            devices = await asyncio.gather(*(self._register(index, person) for index, person in part))
            await asyncio.gather(*map(self._sync, devices, (person.contacts for _, person in part)))
            self.devices += devices
        cpu = self.storage.processor_time() - cpu
        rate, cost = len(self.people) / (perf_counter() - start), cpu / len(self.people) * 1e6
        self.figures.add("build: register and sync", "devices/s", rate, processor=cost)
        self.figures.add("build: processor time", "us per device", cost)
        self.bare.fill(self.people)

    async def measure(self) -> None:
        self.figures.add("disk", "bytes per contact", await self.storage.size() / len(self.people) / CONTACTS)
        if self.storage.engine == SQLITE:
            await self._cold()
        await self._checks()
        await self._lists()
        await self._syncs()
        self.figures.add("resident memory, with the population", "MiB", _resident())

    async def _cold(self) -> None:
        """First reads of a device each: SQLite's caches are empty, and the system's, as far as it does it."""
        viewers, pairs = self.random.sample(self.devices, 50), self._pairs(50)
        radar = self._radar(Rule.LISTED)
        await self._forget()
        await self._time(
            "list friends, listed, cold", "ms", [partial(radar.friends.all, each.device_id) for each in viewers]
        )
        await self._forget()
        bare = _median_of([partial(self.bare.common, one.key, other.key) for one, other in pairs])
        checks = [partial(radar.acquaintances.by_device, one.device_id, other.device_id) for one, other in pairs]
        await self._time("check, listed, both ways, one call, cold", "us", checks, bare, _CHECK)

    async def _forget(self) -> None:
        await self.stores.database.run(_shrink)
        self.stores.database.look_up(_shrink)
        self.bare.forget()
        for path in (self.path, self.bare_path):
            _drop_from_cache(path)

    async def _checks(self) -> None:
        pairs = self._pairs(30 * _AT_ONCE)
        bare = _median_of([partial(self.bare.common, one.key, other.key) for one, other in pairs])
        for name, rule in _RULES.items():
            batches = [pairs[first : first + _AT_ONCE] for first in range(0, len(pairs), _AT_ONCE)]
            spent = await costs([partial(self._verdicts, rule, each) for each in batches], self.storage.processor_time)
            ours, processor = median(spent.seconds) / _AT_ONCE * 1e6, spent.processor / _AT_ONCE
            self.figures.add(
                f"check, {name}, {_AT_ONCE} in a batch", "us", ours, bare * 1e6, _CHECK, processor=processor
            )
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
        guests = await self._guests(20 + 20 * _AT_ONCE)
        books = [self.people[-each % len(self.people)].contacts for each in range(1, len(guests) + 1)]
        single = list(zip(guests[:20], books[:20], strict=True))
        bare = _median_of([partial(self.bare.insert, [(device.key, book)]) for device, book in single])
        syncs = [partial(self._sync, device, book) for device, book in single]
        await self._time("sync one book", "ms", syncs, bare, "200 rows inserted, indexed both ways")
        await self._time("sync it again, nothing new", "ms", syncs)
        rest = list(zip(guests, books, strict=True))[len(single) :]
        groups = [rest[at : at + _AT_ONCE] for at in range(0, len(rest), _AT_ONCE)]
        bare_cpu = process_time()
        bare = _AT_ONCE / _median_of(
            [partial(self.bare.insert, [(device.key, book) for device, book in group]) for group in groups]
        )
        bare_cpu = process_time() - bare_cpu
        spent = await costs([partial(self._sync_all, group) for group in groups], self.storage.processor_time)
        rate, cost = _AT_ONCE / median(spent.seconds), spent.processor / _AT_ONCE
        self.figures.add(f"{_AT_ONCE} syncs at once", "books/s", rate, bare, _ALL_ROWS, processor=cost)
        self.figures.add("the same, processor time", "us per book", cost, bare_cpu / len(rest) * 1e6, _ALL_ROWS)

    async def _guests(self, count: int) -> list[Device]:
        """New devices, of the first people once more."""
        guests: list[Device] = []
        for first in range(0, count, _AT_ONCE):
            numbers = range(first, min(first + _AT_ONCE, count))
            guests += await asyncio.gather(
                *(self._register(len(self.people) + each, self.people[each % len(self.people)]) for each in numbers)
            )
        return guests

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

    async def _sync_all(self, group: Sequence[tuple[Device, Sequence[int]]]) -> None:
        await asyncio.gather(*(self._sync(device, book) for device, book in group))

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
        scale = _PER_SECOND[unit]
        spent = await costs(acts, self.storage.processor_time)
        ours = median(spent.seconds) * scale
        self.figures.add(what, unit, ours, bare and bare * scale, bare_is, processor=spent.processor)


def _median_of(acts: Sequence[Callable[[], object]]) -> float:
    """The median of the seconds that each takes."""
    return median(bare_times(acts))


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
