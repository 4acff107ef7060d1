"""RelationRadar's data in SQLite."""

import json
import sqlite3
from collections import defaultdict
from collections.abc import Collection, Sequence
from importlib.resources import files

from appshare import errors
from appshare.relation_radar.model import Book, BookEntry, Device, NumberKey, Registration, Session
from appshare.sql.database import Database, Transaction

MIGRATIONS = files("appshare.relation_radar") / "migrations"

_DEVICE = "devices.device, devices.device_id, devices.number_key, devices.region, devices.book_version"
_REGISTRATION = "registration_id, number_key, region, code_digest, attempts, expire_time"


class SqliteRadarStore:
    """A `RadarStore` on one SQLite database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add_registration(self, registration: Registration, request_id: str | None, now: float) -> None:
        """Stores a registration and forgets those that have expired."""
        async with self._database.transaction() as transaction:
            await transaction.write("DELETE FROM registrations WHERE expire_time < ?", (now,))
            await transaction.write(
                "INSERT INTO registrations (registration_id, number_key, region, code_digest, attempts, expire_time,"
                " request_id, create_time) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    registration.registration_id,
                    registration.number_key,
                    registration.region,
                    registration.code_digest,
                    registration.attempts,
                    registration.expire_time,
                    request_id,
                    now,
                ),
            )

    async def find_registration(self, number_key: NumberKey, request_id: str) -> Registration | None:
        """The registration that was started for the number with this request id."""
        row = await self._database.read_one(
            f"SELECT {_REGISTRATION} FROM registrations WHERE number_key = ? AND request_id = ?",
            (number_key, request_id),
        )
        return _registration(row) if row else None

    async def registration_times(self, number_key: NumberKey, since: float) -> list[float]:
        """When registrations of the number were started after `since`, oldest first."""
        rows = await self._database.read(
            "SELECT create_time FROM registrations WHERE number_key = ? AND create_time > ? ORDER BY create_time",
            (number_key, since),
        )
        return [row["create_time"] for row in rows]

    async def count_attempt(self, registration_id: str) -> Registration | None:
        """Counts an attempt to verify and returns the registration with it; None when there is none."""
        async with self._database.transaction() as transaction:
            row = await transaction.read_one(
                f"UPDATE registrations SET attempts = attempts + 1 WHERE registration_id = ? RETURNING {_REGISTRATION}",
                (registration_id,),
            )
        return _registration(row) if row else None

    async def complete_registration(self, registration: Registration, device_id: str, session: Session) -> bool:
        """Makes the registration a device with a session; False when it was completed before."""
        async with self._database.transaction() as transaction:
            if not await transaction.write(
                "DELETE FROM registrations WHERE registration_id = ?", (registration.registration_id,)
            ):
                return False
            device = await transaction.insert(
                "INSERT INTO devices (device_id, number_key, region) VALUES (?, ?, ?)",
                (device_id, registration.number_key, registration.region),
            )
            await transaction.write(
                "INSERT INTO sessions (session_id, device, current_digest, previous_digest, rotate_time)"
                " VALUES (?, ?, ?, ?, ?)",
                (session.session_id, device, session.current_digest, session.previous_digest, session.rotate_time),
            )
        return True

    async def find_session(self, session_id: str) -> Session | None:
        """The session, or None when it never was or has ended."""
        row = await self._database.read_one(
            "SELECT session_id, device_id, current_digest, previous_digest, rotate_time"
            " FROM sessions JOIN devices USING (device) WHERE session_id = ?",
            (session_id,),
        )
        return Session(*row) if row else None

    async def update_session(self, session: Session, replaced_digest: bytes) -> bool:
        """Stores a rotated session; False when its current digest is not `replaced_digest` any more."""
        async with self._database.transaction() as transaction:
            changed = await transaction.write(
                "UPDATE sessions SET current_digest = ?, previous_digest = ?, rotate_time = ?"
                " WHERE session_id = ? AND current_digest = ?",
                (
                    session.current_digest,
                    session.previous_digest,
                    session.rotate_time,
                    session.session_id,
                    replaced_digest,
                ),
            )
        return changed > 0

    async def end_session(self, session_id: str) -> None:
        """Ends a session."""
        async with self._database.transaction() as transaction:
            await transaction.write("DELETE FROM sessions WHERE session_id = ?", (session_id,))

    async def find_device(self, device_id: str) -> Device | None:
        """The device with the id."""
        row = await self._database.read_one(f"SELECT {_DEVICE} FROM devices WHERE device_id = ?", (device_id,))
        return Device(*row) if row else None

    async def devices_with_numbers(self, numbers: Collection[NumberKey]) -> list[Device]:
        """The devices registered with one of the numbers, by device id."""
        rows = await self._database.read(
            f"SELECT {_DEVICE} FROM devices WHERE number_key IN (SELECT value FROM json_each(?)) ORDER BY device_id",
            (json.dumps(list(numbers)),),
        )
        return [Device(*row) for row in rows]

    async def replace_book(self, device: Device, entries: Sequence[BookEntry], max_contacts: int) -> tuple[int, int]:
        """Stores a whole book; returns its new version and its number of contacts."""
        async with self._database.transaction() as transaction:
            await transaction.write("DELETE FROM book_entries WHERE device = ?", (device.key,))
            return await _add_entries(transaction, device, entries, max_contacts)

    async def change_book(
        self,
        device: Device,
        base_version: int,
        dropped_contact_ids: Collection[int],
        entries: Sequence[BookEntry],
        max_contacts: int,
    ) -> tuple[int, int]:
        """Drops contacts, then adds entries; returns the book's new version and its number of contacts."""
        async with self._database.transaction() as transaction:
            row = await transaction.read_one("SELECT book_version FROM devices WHERE device = ?", (device.key,))
            current = row["book_version"] if row else 0
            if current != base_version:
                raise _stale(base_version, current)
            await transaction.write(
                "DELETE FROM book_entries WHERE device = ? AND contact_id IN (SELECT value FROM json_each(?))",
                (device.key, json.dumps(list(dropped_contact_ids))),
            )
            return await _add_entries(transaction, device, entries, max_contacts)

    async def book(self, device: Device) -> Book:
        """The book of a device."""
        rows = await self._database.read(
            "SELECT number_key, contact_id FROM book_entries WHERE device = ?", (device.key,)
        )
        contacts: dict[NumberKey, set[int]] = defaultdict(set)
        for number, contact_id in rows:
            contacts[number].add(contact_id)
        return Book(device.number_key, {number: frozenset(ids) for number, ids in contacts.items()})

    async def numbers_of_contact(self, device: Device, contact_id: int) -> list[NumberKey]:
        """The numbers of one contact of a device's book."""
        rows = await self._database.read(
            "SELECT number_key FROM book_entries WHERE device = ? AND contact_id = ?", (device.key, contact_id)
        )
        return [row["number_key"] for row in rows]

    async def hubs(self, numbers: Collection[NumberKey], limit: int) -> frozenset[NumberKey]:
        """Those of the numbers that stand in more than `limit` books."""
        rows = await self._database.read(
            "SELECT value FROM json_each(?1) WHERE (SELECT COUNT(*) FROM"
            " (SELECT DISTINCT device FROM book_entries WHERE number_key = value LIMIT ?2 + 1)) > ?2",
            (json.dumps(list(numbers)), limit),
        )
        return frozenset(row["value"] for row in rows)

    async def devices_listing(self, number: NumberKey, at_most: int) -> list[Device]:
        """Devices whose books list the number, by device id, `at_most` of them."""
        rows = await self._database.read(
            f"SELECT {_DEVICE} FROM devices WHERE device IN (SELECT device FROM book_entries WHERE number_key = ?)"
            " ORDER BY device_id LIMIT ?",
            (number, at_most),
        )
        return [Device(*row) for row in rows]

    async def devices_sharing(self, device: Device, hub_limit: int, at_most: int) -> list[Device]:
        """Devices whose books have a number in common with the device's that is no hub, by device id."""
        rows = await self._database.read(
            "WITH mine AS (SELECT DISTINCT number_key FROM book_entries WHERE device = ?1"
            " UNION SELECT number_key FROM devices WHERE device = ?1),"
            " telling AS (SELECT number_key FROM mine WHERE (SELECT COUNT(*) FROM"
            " (SELECT DISTINCT device FROM book_entries WHERE number_key = mine.number_key LIMIT ?2 + 1)) <= ?2)"
            f" SELECT {_DEVICE} FROM devices WHERE devices.device <> ?1 AND (devices.device IN"
            " (SELECT device FROM book_entries WHERE number_key IN telling) OR devices.number_key IN telling)"
            " ORDER BY devices.device_id LIMIT ?3",
            (device.key, hub_limit, at_most),
        )
        return [Device(*row) for row in rows]


async def _add_entries(
    transaction: Transaction, device: Device, entries: Sequence[BookEntry], max_contacts: int
) -> tuple[int, int]:
    await transaction.write_many(
        "INSERT OR IGNORE INTO book_entries (device, contact_id, number_key) VALUES (?, ?, ?)",
        [(device.key, entry.contact_id, entry.number_key) for entry in entries],
    )
    row = await transaction.read_one(
        "SELECT COUNT(DISTINCT contact_id) AS contacts FROM book_entries WHERE device = ?", (device.key,)
    )
    contacts = row["contacts"] if row else 0
    if contacts > max_contacts:
        raise errors.ResourceExhaustedError(
            errors.Reason.LIMIT_EXCEEDED, f"a contact book holds at most {max_contacts} contacts"
        )
    row = await transaction.read_one(
        "UPDATE devices SET book_version = book_version + 1 WHERE device = ? RETURNING book_version", (device.key,)
    )
    return (row["book_version"] if row else 0), contacts


def _registration(row: sqlite3.Row) -> Registration:
    return Registration(*row)


def _stale(base_version: int, current: int) -> errors.AbortedError:
    return errors.AbortedError(
        errors.Reason.STALE_BOOK_VERSION,
        f"the book is at version {current}, the change is for version {base_version}: sync in full",
        metadata={"current_version": str(current)},
    )
