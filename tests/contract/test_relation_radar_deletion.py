"""Nothing of a number is left in any table of the database."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from appshare.relation_radar.model import BookEntry, ContactQuota, Deletion, Device, Registration, Session
from appshare.relation_radar.stores.sqlite import MIGRATIONS, SqliteRadarStore
from appshare.sqlite.database import Database, open_database

NOW = 1_800_000_000.0
ANN, BOB, CARL = 11, 12, 13


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    async with open_database(tmp_path / "radar.db", MIGRATIONS) as database:
        yield database


@pytest.fixture
def store(database: Database) -> SqliteRadarStore:
    return SqliteRadarStore(database)


async def register(store: SqliteRadarStore, device_id: str, number: int, *book: int) -> Device:
    registration = Registration(f"registration of {device_id}", number, "CN", b"", 0, NOW + 600)
    await store.add_registration(registration, None, NOW, 100)
    await store.complete_registration(registration, device_id, Session(f"s {device_id}", device_id, b"", None, NOW))
    device = await store.find_device(device_id)
    assert device is not None
    await store.replace_book(device, [BookEntry(1, each) for each in book], 100, ContactQuota(100, NOW))
    return device


async def insert(database: Database, table: str, **values: Any) -> None:
    """Adds a row, with something in each other column: what another part of RelationRadar keeps there."""
    columns = await database.read("SELECT name FROM pragma_table_info(?)", (table,))
    row = {column["name"]: 1 for column in columns} | values
    async with database.transaction() as transaction:
        statement = f"INSERT INTO {table} ({', '.join(row)}) VALUES ({', '.join('?' for _ in row)})"  # noqa: S608 - as below
        await transaction.write(statement, list(row.values()))


async def tables_about(database: Database, *values: Any) -> list[str]:
    """The tables with a row that holds one of the values, packed or not; once for each row."""
    rows = [
        (table["name"], row)
        for table in await database.read("SELECT name FROM sqlite_master WHERE type = 'table'")
        for row in await database.read(f"SELECT * FROM {table['name']}")  # noqa: S608 - a table that there is
    ]
    return sorted(table for table, row in rows if any(_holds(each, value) for each in row for value in values))


def _holds(stored: Any, value: Any) -> bool:
    if isinstance(stored, bytes) and isinstance(value, int):
        return any(value.to_bytes(8, order, signed=True) in stored for order in ("little", "big"))
    return bool(stored == value)


async def test_nothing_is_left_but_what_others_keep(database: Database, store: SqliteRadarStore) -> None:
    ann, bob = await register(store, "ann", ANN, BOB), await register(store, "bob", BOB, CARL)
    await insert(database, "blocks", blocker_key=ANN, blocked_key=CARL)
    await insert(database, "blocks", blocker_key=BOB, blocked_key=ANN)
    for device, other in ((ann, bob), (bob, ann)):
        await insert(database, "friendship_changes", device=device.key, other_device_id=other.device_id)
        await insert(database, "friendship_watchers", device=device.key)

    assert await store.purge_device(ann) == Deletion(
        devices=1, sessions=1, contacts=1, friendship_changes=1, blocks=1, verifications=3
    )

    # Bob blocks Ann, and is to learn that she is no friend any more.
    left = await tables_about(database, ANN, "ann", "s ann", "registration of ann")
    assert left == ["blocks", "friendship_changes"]
    watchers = await database.read("SELECT device FROM friendship_watchers")
    assert [row["device"] for row in watchers] == [bob.key]


async def test_blocks_stay_while_another_device_has_the_number(database: Database, store: SqliteRadarStore) -> None:
    phone, tablet = await register(store, "phone", ANN, BOB), await register(store, "tablet", ANN)
    await insert(database, "blocks", blocker_key=ANN, blocked_key=CARL)
    purged = await store.purge_device(phone)
    assert purged is not None
    assert (purged.blocks, purged.verifications) == (0, 0)
    purged = await store.purge_device(tablet)
    assert purged is not None
    assert (purged.blocks, purged.verifications) == (1, 5)
    assert await tables_about(database, ANN, CARL) == []
