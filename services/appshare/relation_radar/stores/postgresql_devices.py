"""Devices in PostgreSQL."""

from collections.abc import Callable, Collection

from appshare.postgresql.database import Connection, Database, alone_with
from appshare.relation_radar.model import Deletion, Device, NumberKey, RegisteredDevice
from appshare.relation_radar.stores import postgresql_books

DEVICE = "devices.device, devices.device_id, devices.number_key, devices.region, devices.book_version"


class PostgresqlDeviceStore:
    """A `DeviceStore` on a PostgreSQL database.

    Args:
        generation: says under how many keys the numbers are that are given to the store.
    """

    def __init__(self, database: Database, generation: Callable[[], int]) -> None:
        self._database = database
        self._generation = generation

    async def find_device(self, device_id: str) -> Device | None:
        """The device with the id."""
        row = await self._database.read_one(f"SELECT {DEVICE} FROM devices WHERE device_id = $1", device_id)
        return Device(*row) if row else None

    async def devices_with_numbers(self, numbers: Collection[NumberKey]) -> list[Device]:
        """The devices registered with one of the numbers, by device id."""
        rows = await self._database.read(
            f"SELECT {DEVICE} FROM devices WHERE number_key = ANY($1::bigint[]) AND under_keys($2) ORDER BY device_id",
            list(numbers),
            self._generation(),
        )
        return [Device(*row) for row in rows]

    async def devices_with_ids(self, device_ids: Collection[str]) -> list[Device]:
        """The devices with the ids, by device id."""
        query = f"SELECT {DEVICE} FROM devices WHERE device_id = ANY($1::text[]) ORDER BY device_id"
        return [Device(*row) for row in await self._database.read(query, list(device_ids))]

    async def count_devices(self) -> tuple[int, int]:
        """How many devices there are, and how many numbers they have."""
        [row] = await self._database.read("SELECT count(*), count(DISTINCT number_key) FROM devices")
        return row[0], row[1]

    async def devices_of_number(self, number: NumberKey) -> list[RegisteredDevice]:
        """The devices registered with the number, the newest first."""
        rows = await self._database.read(
            "SELECT device_id, register_time, max(rotate_time) FROM devices LEFT JOIN sessions USING (device)"
            " WHERE number_key = $1 AND under_keys($2) GROUP BY device ORDER BY device DESC",
            number,
            self._generation(),
        )
        return [RegisteredDevice(*row) for row in rows]

    async def purge_device(self, device: Device) -> Deletion | None:
        """Deletes a device and all that is kept of it; with the last of a number, all that is kept of the number.

        What is deleted is no longer read by anybody; it is overwritten on the disk when the tables are vacuumed.
        """

        async def work(connection: Connection) -> Deletion | None:
            number = await connection.fetchval("SELECT number_key FROM devices WHERE device = $1", device.key)
            if number is None:
                return None
            await alone_with(number, connection)
            return await _purge(device.key, number, connection)

        return await self._database.change_under_locks(work)


async def _purge(device: int, number: NumberKey, connection: Connection) -> Deletion | None:
    # Whoever changes the book is waited for.
    if await connection.fetchval("SELECT 1 FROM devices WHERE device = $1 FOR UPDATE", device) is None:
        return None
    contacts = await postgresql_books.remove_book(device, connection)
    sessions = await _delete("sessions", "device", device, connection)
    changes = await _delete("friendship_changes", "device", device, connection)
    devices = await _delete("devices", "device", device, connection)  # and, by its references, what has no count
    deletion = Deletion(devices=devices, sessions=sessions, contacts=contacts, friendship_changes=changes)
    return deletion + await _purge_unused(number, connection)


async def _purge_unused(number: NumberKey, connection: Connection) -> Deletion:
    """Deletes what is kept of a number, unless another device has it."""
    if await connection.fetchval("SELECT 1 FROM devices WHERE number_key = $1 LIMIT 1", number):
        return Deletion()
    verifications = 0
    for table in ("registrations", "codes_sent", "new_contacts"):
        verifications += await _delete(table, "number_key", number, connection)
    return Deletion(blocks=await _delete("blocks", "blocker_key", number, connection), verifications=verifications)


async def _delete(table: str, column: str, key: int, connection: Connection) -> int:
    """Deletes the rows of a device or a number; returns how many."""
    tag = await connection.execute(f"DELETE FROM {table} WHERE {column} = $1", key)
    return int(tag.removeprefix("DELETE "))
