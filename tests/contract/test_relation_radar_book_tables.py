"""The tables of books against a plain model: whatever comes when, and whatever is moved on when."""

import sqlite3
from array import array
from collections.abc import Iterator
from contextlib import closing, contextmanager

from hypothesis import given, settings
from hypothesis import strategies as st

from appshare.relation_radar.model import NumberKey, PackedContacts
from appshare.relation_radar.stores.sqlite import MIGRATIONS
from appshare.relation_radar.stores.sqlite_books import BookTables

NUMBERS = [-(2**63), -(2**62), -1, 0, 1, 2, 2**62, 2**63 - 1]
SLICES = [0, 128, 255, 256, 384, 511]
"""Those that have the numbers in them."""
DEVICES = [1, 2, 3]

BOOK = st.frozensets(st.sampled_from(NUMBERS))
# A device, its book from now on or None when it is removed, and which slice is moved on.
CHANGE = st.tuples(st.sampled_from(DEVICES), st.none() | BOOK, st.sampled_from(SLICES))


@contextmanager
def opened() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.executescript((MIGRATIONS / "0001_initial.sql").read_text(encoding="utf-8"))
        yield connection


def packed(numbers: frozenset[NumberKey]) -> PackedContacts:
    return PackedContacts.pack((number, index) for index, number in enumerate(sorted(numbers), start=1))


def holders(tables: BookTables, connection: sqlite3.Connection) -> dict[NumberKey, list[int]]:
    found: dict[NumberKey, list[int]] = {}
    for number, devices in tables.postings.holders(NUMBERS, connection):
        found.setdefault(number, []).extend(array("I", devices))
    return {number: sorted(devices) for number, devices in found.items()}


@given(st.lists(CHANGE, max_size=30))
@settings(deadline=None)
def test_a_number_has_the_holders_whose_books_hold_it(changes: list[tuple[int, frozenset[int] | None, int]]) -> None:
    tables, model = BookTables(), dict.fromkeys(DEVICES, frozenset[int]())
    with opened() as connection:
        for device, book, turn in changes:
            if book is None:
                tables.remove(device, connection)
            else:
                tables.store(device, packed(book), turn, connection)
            model[device] = book or frozenset()
        expected = {number: [each for each in DEVICES if number in model[each]] for number in NUMBERS}
        assert holders(tables, connection) == {number: devices for number, devices in expected.items() if devices}
        for limit in range(len(DEVICES) + 1):
            hubs = {number for number, devices in expected.items() if len(devices) > limit}
            assert tables.postings.hubs(NUMBERS, limit, connection) == hubs
        stored = tables.read(DEVICES, connection)
        assert {device: frozenset(stored[device]) if device in stored else frozenset() for device in DEVICES} == model


def test_what_is_collected_stays_small_and_all_of_it_is_moved_on_in_time() -> None:
    tables, width = BookTables(), 2**64 // 1000
    numbers = frozenset(-(2**63) + each * width for each in range(1000))  # in every slice
    with opened() as connection:
        for device in range(1, 601):
            tables.store(device, packed(numbers), device, connection)
        [[recent]] = connection.execute("SELECT max(length(holders)) FROM recent_postings")
        [[settled]] = connection.execute("SELECT count(*) FROM postings")
        assert settled == 1000
        assert recent // array("I").itemsize < 512
        assert set(map(len, holders(tables, connection).values())) == {600}


def test_two_generations_do_not_mix() -> None:
    current, following = BookTables(), BookTables("_next")
    with opened() as connection:
        for table in ("books", "postings", "recent_postings"):
            [[sql]] = connection.execute("SELECT sql FROM sqlite_schema WHERE name = ?", (table,))
            connection.execute(sql.replace(f"TABLE {table}", f"TABLE {table}_next"))
        current.store(1, packed(frozenset({1, 2})), 0, connection)
        following.store(2, packed(frozenset({2})), 256, connection)
        assert holders(current, connection) == {1: [1], 2: [1]}
        assert holders(following, connection) == {2: [2]}
