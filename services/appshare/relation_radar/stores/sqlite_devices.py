"""Devices in SQLite."""

import json
from collections.abc import Collection

from appshare.relation_radar.model import Device, NumberKey
from appshare.relation_radar.stores import sqlite_books
from appshare.sql.database import Database


class SqliteDeviceStore:
    """A `DeviceStore` on an SQLite database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find_device(self, device_id: str) -> Device | None:
        """The device with the id."""
        row = await self._database.read_one(
            f"SELECT {sqlite_books.DEVICE} FROM devices WHERE device_id = ?", (device_id,)
        )
        return Device(*row) if row else None

    async def devices_with_numbers(self, numbers: Collection[NumberKey]) -> list[Device]:
        """The devices registered with one of the numbers, by device id."""
        rows = await self._database.read(
            f"SELECT {sqlite_books.DEVICE} FROM devices"
            " WHERE number_key IN (SELECT value FROM json_each(?)) ORDER BY device_id",
            (json.dumps(list(numbers)),),
        )
        return [Device(*row) for row in rows]
