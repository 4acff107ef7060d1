"""What holds for all books and all ways to send them, on the real store."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from appshare.relation_radar.friendship import FriendshipRule
from appshare.relation_radar.model import Book, Contact, Device, Level, Registration, Rule, Session
from appshare.relation_radar.numbers import NumberKeys
from appshare.relation_radar.radar import Radar, RadarLimits
from appshare.relation_radar.stores.sqlite import MIGRATIONS, SqliteRadarStore
from appshare.relation_radar.stores.sqlite_blocks import SqliteBlockStore
from appshare.sql.database import open_database

KEYS = NumberKeys(bytes(32))
PEOPLE = st.integers(0, 7)
NUMBERS = st.frozensets(PEOPLE, min_size=1, max_size=3)

# A change of a contact: its numbers from now on, or None when it is removed.
CHANGE = st.tuples(st.integers(1, 5), st.none() | NUMBERS)


@given(st.lists(st.lists(CHANGE, min_size=1, max_size=4), min_size=1, max_size=4))
@settings(max_examples=20, deadline=None)
def test_changes_in_any_grouping_come_to_the_same_book_as_a_full_sync(deltas: list[list[tuple]]) -> None:
    # In one delta a contact is either changed or removed: the last of its changes counts.
    groups = [dict(delta) for delta in deltas]
    after: dict[int, frozenset[int]] = {}
    for group in groups:
        after |= {contact: numbers for contact, numbers in group.items() if numbers}
        after = {contact: numbers for contact, numbers in after.items() if group.get(contact, numbers)}

    async def scenario() -> None:
        async with _radar(FriendshipRule(), owners=(0, 0)) as (radar, store, (changed, replaced)):
            for version, group in enumerate(groups):
                upserted = _contacts({contact: numbers for contact, numbers in group.items() if numbers})
                removed = [contact for contact, numbers in group.items() if not numbers]
                result = await radar.change_book(changed.device_id, version, upserted, removed)
            assert result.contact_count == len(after)
            if after:
                await radar.replace_book(replaced.device_id, _contacts(after))
            assert await store.book(changed) == await store.book(replaced)

    asyncio.run(scenario())


BOOK = st.dictionaries(st.integers(1, 5), NUMBERS, max_size=5)


@given(
    st.sampled_from(Rule),
    st.integers(1, 3),
    st.integers(1, 4),
    st.lists(st.tuples(PEOPLE, BOOK), min_size=2, max_size=4),
)
@settings(max_examples=25, deadline=None)
def test_the_list_of_friends_is_everybody_who_is_found_to_be_a_friend(
    rule: Rule, k: int, hub_limit: int, devices: list[tuple[int, dict[int, frozenset[int]]]]
) -> None:
    friendship = FriendshipRule(rule, k)
    books = [_book(own, contacts) for own, contacts in devices]
    hubs = {number for number in map(_key, range(8)) if sum(number in book.contacts for book in books) > hub_limit}

    async def scenario() -> None:
        owners = [own for own, _ in devices]
        async with _radar(friendship, owners, hub_limit=hub_limit) as (radar, _, registered):
            for device, (_, contacts) in zip(registered, devices, strict=True):
                if contacts:
                    await radar.replace_book(device.device_id, _contacts(contacts))
            for viewer, book in zip(registered, books, strict=True):
                expected = {
                    owner.device_id: level
                    for owner, other in zip(registered, books, strict=True)
                    if owner != viewer and (level := friendship.level(book, other, hubs)) is not Level.NONE
                }
                friends, truncated = await radar.friends(viewer.device_id)
                assert {friend.device_id: friend.level for friend in friends} == expected
                assert not truncated

    asyncio.run(scenario())


@asynccontextmanager
async def _radar(
    rule: FriendshipRule, owners: Sequence[int], *, hub_limit: int = 200
) -> AsyncIterator[tuple[Radar, SqliteRadarStore, list[Device]]]:
    """A radar on a new store with a device for each of the owners' numbers."""
    with tempfile.TemporaryDirectory() as folder:
        async with open_database(Path(folder) / "radar.db", MIGRATIONS) as database:
            store = SqliteRadarStore(database)
            devices = [await _register(store, f"device {index}", _key(own)) for index, own in enumerate(owners)]
            limits = RadarLimits(hub_limit=hub_limit)
            yield Radar(store, KEYS, rule, limits, SqliteBlockStore(database)), store, devices


async def _register(store: SqliteRadarStore, device_id: str, number_key: int) -> Device:
    registration = Registration(device_id, number_key, "CN", b"", 0, 600.0)
    await store.add_registration(registration, None, 0.0, 100)
    session = Session(device_id, device_id, b"", None, 0.0)
    await store.complete_registration(registration, device_id, session)
    device = await store.find_device(device_id)
    assert device is not None
    return device


def _number(person: int) -> str:
    return f"+8613800138{person:03d}"


def _key(person: int) -> int:
    return KEYS.key(_number(person))


def _contacts(contacts: Mapping[int, frozenset[int]]) -> list[Contact]:
    return [Contact(contact_id, tuple(map(_number, people))) for contact_id, people in contacts.items()]


def _book(own: int, contacts: Mapping[int, frozenset[int]]) -> Book:
    listed: dict[int, set[int]] = {}
    for contact_id, people in contacts.items():
        for person in people:
            listed.setdefault(_key(person), set()).add(contact_id)
    return Book(_key(own), {number: frozenset(ids) for number, ids in listed.items()})
