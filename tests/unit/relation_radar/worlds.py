"""Worlds of a few people for laws: a radar on a real store, in which a small number stands for a person."""

import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from hypothesis import strategies as st
from tests.unit.relation_radar.doubles import FakeClock

from appshare.relation_radar.blocks import Blocks
from appshare.relation_radar.friendship import FriendshipRule
from appshare.relation_radar.friendship_changes import FriendshipChanges, WatchLimits
from appshare.relation_radar.friendship_signals import FriendshipSignals
from appshare.relation_radar.limits import RadarLimits
from appshare.relation_radar.model import Book, Contact, Device, DialledNumber, Registration, Session
from appshare.relation_radar.numbers import NumberKeys
from appshare.relation_radar.people import People
from appshare.relation_radar.radar import Radar
from appshare.relation_radar.stores.sqlite import MIGRATIONS, SqliteRadarStore
from appshare.relation_radar.stores.sqlite_blocks import SqliteBlockStore
from appshare.relation_radar.stores.sqlite_friendship_changes import SqliteFriendshipChangeStore
from appshare.relation_radar.wakeups import Wakeups
from appshare.sqlite.database import Database, open_database

KEYS = NumberKeys(bytes(32))
PEOPLE = st.integers(0, 7)
NUMBERS = st.frozensets(PEOPLE, min_size=1, max_size=3)
BOOK = st.dictionaries(st.integers(1, 5), NUMBERS, max_size=5)


@dataclass
class World:
    """A radar and the devices that are registered."""

    database: Database
    radar: Radar
    blocks: Blocks
    changes: FriendshipChanges
    store: SqliteRadarStore
    devices: list[Device]

    async def sync(self, device: Device, contacts: Mapping[int, frozenset[int]]) -> None:
        """Replaces the book of a device; an empty one by a change, since it is refused as a whole."""
        if contacts:
            await self.radar.books.replace(device.device_id, contacts_of_people(contacts))
        else:
            book = await self.store.book(device)
            version = (await self.found(device)).book_version
            await self.radar.books.change(device.device_id, version, [], set(book.packed.contact_ids))

    async def found(self, device: Device) -> Device:
        """The device as it is now."""
        found = await self.store.find_device(device.device_id)
        assert found is not None
        return found

    async def block(self, device: Device, person: int) -> None:
        """Has a device block a person."""
        await self.blocks.add(device.device_id, DialledNumber(number_of(person)))

    async def unblock(self, device: Device, person: int) -> None:
        """Has a device take the block of a person back."""
        await self.blocks.remove(device.device_id, DialledNumber(number_of(person)))


@asynccontextmanager
async def world(rule: FriendshipRule, owners: Sequence[int], *, hub_limit: int = 200) -> AsyncIterator[World]:
    """A new world with a device for each of the owners' numbers."""
    with tempfile.TemporaryDirectory() as folder:
        async with open_database(Path(folder) / "radar.db", MIGRATIONS) as database:
            store, blocks = SqliteRadarStore(database), SqliteBlockStore(database)
            changes, wakeups, people = SqliteFriendshipChangeStore(database), Wakeups(), People(store, KEYS)
            signals = FriendshipSignals(store, changes, rule, hub_limit, wakeups)
            radar = Radar(store, KEYS, rule, RadarLimits(hub_limit=hub_limit), blocks, signals.device_changed)
            yield World(
                database,
                radar,
                Blocks(store, blocks, people, signals, FakeClock(), 1000),
                FriendshipChanges(radar, people, changes, wakeups, FakeClock(), WatchLimits(), KEYS.steady),
                store,
                [await _register(store, f"device {index}", key_of(own)) for index, own in enumerate(owners)],
            )


def number_of(person: int) -> str:
    """A person's number."""
    return f"+8613800138{person:03d}"


def key_of(person: int) -> int:
    """A person's number as it is stored."""
    return KEYS.key(number_of(person))


def contacts_of_people(contacts: Mapping[int, frozenset[int]]) -> list[Contact]:
    """Contacts as a device sends them, of the people of each."""
    return [Contact(contact_id, tuple(map(number_of, people))) for contact_id, people in contacts.items()]


def book_of_people(own: int, contacts: Mapping[int, frozenset[int]]) -> Book:
    """The same as the rules see it."""
    listed: dict[int, set[int]] = {}
    for contact_id, people in contacts.items():
        for person in people:
            listed.setdefault(key_of(person), set()).add(contact_id)
    return Book(key_of(own), {number: frozenset(ids) for number, ids in listed.items()})


async def _register(store: SqliteRadarStore, device_id: str, number_key: int) -> Device:
    registration = Registration(device_id, number_key, "CN", b"", 0, 600.0)
    await store.add_registration(registration, None, 0.0, 100)
    session = Session(device_id, device_id, b"", None, 0.0)
    await store.complete_registration(registration, device_id, session)
    device = await store.find_device(device_id)
    assert device is not None
    return device
