"""Devices in SQLite."""

import json
import sqlite3
from collections.abc import Collection
from functools import partial

from appshare.relation_radar.model import Deletion, Device, NumberKey, RegisteredDevice
from appshare.relation_radar.stores import sqlite_books
from appshare.sqlite.database import Database

_FEW_IDS = 2
"""So many are looked up at once."""


class SqliteDeviceStore:
    """A `DeviceStore` on an SQLite database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find_device(self, device_id: str) -> Device | None:
        """The device with the id."""
        return self._database.look_up(partial(sqlite_books.find_device, device_id))

    async def devices_with_numbers(self, numbers: Collection[NumberKey]) -> list[Device]:
        """The devices registered with one of the numbers, by device id."""
        rows = await self._database.read(
            f"SELECT {sqlite_books.DEVICE} FROM devices"
            " WHERE number_key IN (SELECT value FROM json_each(?)) ORDER BY device_id",
            (json.dumps(list(numbers)),),
        )
        return [Device(*row) for row in rows]

    async def devices_with_ids(self, device_ids: Collection[str]) -> list[Device]:
        """The devices with the ids, by device id."""
        query = partial(sqlite_books.devices_with_ids, device_ids)
        return self._database.look_up(query) if len(device_ids) <= _FEW_IDS else await self._database.run(query)

    async def count_devices(self) -> tuple[int, int]:
        """How many devices there are, and how many numbers they have."""
        [row] = await self._database.read("SELECT count(*), count(DISTINCT number_key) FROM devices")
        return row[0], row[1]

    async def devices_of_number(self, number: NumberKey) -> list[RegisteredDevice]:
        """The devices registered with the number, the newest first."""
        rows = await self._database.read(
            "SELECT device_id, register_time, max(rotate_time) FROM devices LEFT JOIN sessions USING (device)"
            " WHERE number_key = ? GROUP BY device ORDER BY device DESC",
            (number,),
        )
        return [RegisteredDevice(*row) for row in rows]

    async def purge_device(self, device: Device) -> Deletion | None:
        """Deletes a device and all that is kept of it; with the last of a number, all that is kept of the number."""
        async with self._database.transaction() as transaction:
            deletion = await transaction.run(partial(_purge, device.key))
        if deletion is not None:
            await self._database.checkpoint()
        return deletion


def _purge(device: int, connection: sqlite3.Connection) -> Deletion | None:
    found = connection.execute("SELECT number_key FROM devices WHERE device = ?", (device,)).fetchone()
    if found is None:
        return None
    contacts = sqlite_books.remove_book(device, connection)
    sessions = _delete("sessions", "device", device, connection)
    changes = _delete("friendship_changes", "device", device, connection)
    devices = _delete("devices", "device", device, connection)  # and, by its references, what has no count
    deletion = Deletion(devices=devices, sessions=sessions, contacts=contacts, friendship_changes=changes)
    return deletion + _purge_unused(found["number_key"], connection)


def _purge_unused(number: NumberKey, connection: sqlite3.Connection) -> Deletion:
    """Deletes what is kept of a number, unless another device has it."""
    if connection.execute("SELECT 1 FROM devices WHERE number_key = ?", (number,)).fetchone():
        return Deletion()
    verifications = sum(
        _delete(table, "number_key", number, connection) for table in ("registrations", "codes_sent", "new_contacts")
    )
    return Deletion(blocks=_delete("blocks", "blocker_key", number, connection), verifications=verifications)


def _delete(table: str, column: str, key: int, connection: sqlite3.Connection) -> int:
    """Deletes the rows of a device or a number; returns how many."""
    return connection.execute(f"DELETE FROM {table} WHERE {column} = ?", (key,)).rowcount
