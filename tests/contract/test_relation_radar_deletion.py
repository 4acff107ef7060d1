"""Nothing of a number is left in any table of the database."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from tests.support.radar_stores import ENGINES, RadarStores, opener

from appshare.relation_radar.model import BookEntry, ContactQuota, Deletion, Device, Registration, Session
from appshare.relation_radar.store import RadarStore

NOW = 1_800_000_000.0
ANN, BOB, CARL = 11, 12, 13


@pytest.fixture(params=ENGINES)
async def stores(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[RadarStores]:
    async with opener(request, tmp_path, request.param)() as stores:
        yield stores


@pytest.fixture
def store(stores: RadarStores) -> RadarStore:
    return stores.radar


async def register(store: RadarStore, device_id: str, number: int, *book: int) -> Device:
    registration = Registration(f"registration of {device_id}", number, "CN", b"", 0, NOW + 600)
    await store.add_registration(registration, None, NOW, 100)
    await store.complete_registration(registration, device_id, Session(f"s {device_id}", device_id, b"", None, NOW))
    device = await store.find_device(device_id)
    assert device is not None
    await store.replace_book(device, [BookEntry(1, each) for each in book], 100, ContactQuota(100, NOW))
    return device


async def insert(stores: RadarStores, table: str, **values: Any) -> None:
    """Adds a row, with something in each other column: what another part of RelationRadar keeps there."""
    row = dict.fromkeys(await stores.columns(table), 1) | values
    literals = ", ".join(f"'{value}'" for value in row.values())
    await stores.write(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({literals})")  # noqa: S608 - as below


async def tables_about(stores: RadarStores, *values: Any) -> list[str]:
    """The tables with a row that holds one of the values, packed or not; once for each row."""
    rows = [
        (table, row)
        for table in await stores.tables()
        for row in await stores.read(f"SELECT * FROM {table}")  # noqa: S608 - a table that there is
    ]
    return sorted(table for table, row in rows if any(_holds(each, value) for each in row for value in values))


def _holds(stored: Any, value: Any) -> bool:
    if isinstance(stored, bytes) and isinstance(value, int):
        return any(value.to_bytes(8, order, signed=True) in stored for order in ("little", "big"))
    return value in stored if isinstance(stored, list) else bool(stored == value)


async def test_nothing_is_left_but_what_others_keep(stores: RadarStores, store: RadarStore) -> None:
    ann, bob = await register(store, "ann", ANN, BOB), await register(store, "bob", BOB, CARL)
    await insert(stores, "blocks", blocker_key=ANN, blocked_key=CARL)
    await insert(stores, "blocks", blocker_key=BOB, blocked_key=ANN)
    for device, other in ((ann, bob), (bob, ann)):
        await insert(stores, "friendship_changes", device=device.key, other_device_id=other.device_id)
        await insert(stores, "friendship_watchers", device=device.key)

    assert await store.purge_device(ann) == Deletion(
        devices=1, sessions=1, contacts=1, friendship_changes=1, blocks=1, verifications=3
    )

    # Bob blocks Ann, and is to learn that she is no friend any more.
    left = await tables_about(stores, ANN, "ann", "s ann", "registration of ann")
    assert left == ["blocks", "friendship_changes"]
    assert await stores.read("SELECT device FROM friendship_watchers") == [(bob.key,)]


async def test_blocks_stay_while_another_device_has_the_number(stores: RadarStores, store: RadarStore) -> None:
    phone, tablet = await register(store, "phone", ANN, BOB), await register(store, "tablet", ANN)
    await insert(stores, "blocks", blocker_key=ANN, blocked_key=CARL)
    purged = await store.purge_device(phone)
    assert purged is not None
    assert (purged.blocks, purged.verifications) == (0, 0)
    purged = await store.purge_device(tablet)
    assert purged is not None
    assert (purged.blocks, purged.verifications) == (1, 5)
    assert await tables_about(stores, ANN, CARL) == []
