"""RelationRadar's data in SQLite."""

import json
import sqlite3
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import astuple
from datetime import timedelta
from importlib.resources import files

from appshare import errors
from appshare.relation_radar.model import Book, BookEntry, Device, NumberKey, Registration, Session
from appshare.sql.database import Database, Transaction

MIGRATIONS = files("appshare.relation_radar") / "migrations"

_DEVICE = "devices.device, devices.device_id, devices.number_key, devices.region, devices.book_version"
_REGISTRATION = "registration_id, number_key, region, code_digest, attempts, expire_time"

_HOUR = 3600.0

# The numbers that device ?1 lists, and the devices that list its number ?2. A device lists its own number.
_MINE = "mine AS (SELECT number_key FROM book_entries WHERE device = ?1 UNION SELECT ?2)"
_LISTING_ME = (
    "listing_me AS (SELECT device FROM book_entries WHERE number_key = ?2"
    " UNION SELECT device FROM devices WHERE number_key = ?2)"
)


class SqliteRadarStore:
    """A `RadarStore` on one SQLite database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add_registration(
        self, registration: Registration, request_id: str | None, now: float, codes_per_hour: int
    ) -> Registration:
        """Stores a registration, or returns the one that was started for its number with the same request id."""
        async with self._database.transaction() as transaction:
            await transaction.write("DELETE FROM registrations WHERE expire_time <= ?", (now,))
            await transaction.write("DELETE FROM codes_sent WHERE send_time <= ?", (now - _HOUR,))
            started = await transaction.read_one(
                f"SELECT {_REGISTRATION} FROM registrations WHERE number_key = ? AND request_id = ?",
                (registration.number_key, request_id),
            )
            if started:
                return _registration(started)
            await _require_quota(transaction, registration.number_key, now, codes_per_hour)
            await transaction.write(
                f"INSERT INTO registrations ({_REGISTRATION}, request_id) VALUES (?, ?, ?, ?, ?, ?, ?)",
                (*astuple(registration), request_id),
            )
            await transaction.write(
                "INSERT INTO codes_sent (registration_id, number_key, send_time) VALUES (?, ?, ?)",
                (registration.registration_id, registration.number_key, now),
            )
        return registration

    async def withdraw_registration(self, registration_id: str) -> None:
        """Forgets a registration whose code was perhaps not sent; it counts for the number's hour all the same."""
        async with self._database.transaction() as transaction:
            await transaction.write("DELETE FROM registrations WHERE registration_id = ?", (registration_id,))

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

    async def devices_listing(self, device: Device, at_most: int) -> list[Device]:
        """Other devices that list the device's number, `at_most` of them."""
        rows = await self._database.read(
            f"WITH {_MINE}, {_LISTING_ME} SELECT {_DEVICE} FROM devices WHERE device IN listing_me AND device <> ?1"
            " ORDER BY number_key IN mine DESC, device_id LIMIT ?3",
            (device.key, device.number_key, at_most),
        )
        return [Device(*row) for row in rows]

    async def devices_sharing(self, device: Device, at_least: int, hub_limit: int, at_most: int) -> list[Device]:
        """Other devices that list `at_least` numbers, no hubs, that the device lists too, `at_most` of them."""
        rows = await self._database.read(
            f"WITH {_MINE}, {_LISTING_ME},"
            " telling AS (SELECT number_key FROM mine WHERE (SELECT COUNT(*) FROM"
            " (SELECT DISTINCT device FROM book_entries WHERE number_key = mine.number_key LIMIT ?4 + 1)) <= ?4),"
            " sharing AS (SELECT device FROM (SELECT device, number_key FROM book_entries WHERE number_key IN telling"
            " UNION SELECT device, number_key FROM devices WHERE number_key IN telling)"
            " GROUP BY device HAVING COUNT(*) >= ?5)"
            f" SELECT {_DEVICE} FROM devices WHERE device IN sharing AND device <> ?1"
            " ORDER BY number_key IN mine AND device IN listing_me DESC, device_id LIMIT ?3",
            (device.key, device.number_key, at_most, hub_limit, at_least),
        )
        return [Device(*row) for row in rows]


async def _require_quota(transaction: Transaction, number_key: NumberKey, now: float, codes_per_hour: int) -> None:
    rows = await transaction.read(
        "SELECT send_time FROM codes_sent WHERE number_key = ? ORDER BY send_time DESC LIMIT ?",
        (number_key, codes_per_hour),
    )
    if len(rows) >= codes_per_hour:
        raise errors.ResourceExhaustedError(
            errors.Reason.LIMIT_EXCEEDED,
            "too many codes were sent to this number; try again later",
            retry_after=timedelta(seconds=rows[-1]["send_time"] + _HOUR - now),
        )


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
