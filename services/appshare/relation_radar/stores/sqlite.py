"""RelationRadar's data in SQLite."""

import json
import sqlite3
from collections.abc import Collection, Sequence
from dataclasses import astuple
from datetime import timedelta
from functools import partial
from importlib.resources import files

from appshare import errors
from appshare.relation_radar.model import Book, BookEntry, Device, NumberKey, PackedContacts, Registration, Session
from appshare.relation_radar.stores import sqlite_books
from appshare.sql.database import Database, Transaction

MIGRATIONS = files("appshare.relation_radar") / "migrations"

_REGISTRATION = "registration_id, number_key, region, code_digest, attempts, expire_time"

_HOUR = 3600.0

_FEW_BOOKS = 2
_FEW_NUMBERS = 32
"""So many are looked up at once."""


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
        return self._database.look_up(partial(sqlite_books.find_device, device_id))

    async def devices_with_numbers(self, numbers: Collection[NumberKey]) -> list[Device]:
        """The devices registered with one of the numbers, by device id."""
        rows = await self._database.read(
            f"SELECT {sqlite_books.DEVICE} FROM devices"
            " WHERE number_key IN (SELECT value FROM json_each(?)) ORDER BY device_id",
            (json.dumps(list(numbers)),),
        )
        return [Device(*row) for row in rows]

    async def replace_book(self, device: Device, entries: Sequence[BookEntry], max_contacts: int) -> tuple[int, int]:
        """Stores a whole book; returns its new version and its number of contacts."""
        book = PackedContacts.pack((entry.number_key, entry.contact_id) for entry in entries)
        return await self._database.change(partial(sqlite_books.replace_book, device, book, max_contacts))

    async def change_book(
        self,
        device: Device,
        base_version: int,
        dropped_contact_ids: Collection[int],
        entries: Sequence[BookEntry],
        max_contacts: int,
    ) -> tuple[int, int]:
        """Drops contacts, then adds entries; returns the book's new version and its number of contacts."""
        dropped = frozenset(dropped_contact_ids)
        added = [(entry.number_key, entry.contact_id) for entry in entries]
        return await self._database.change(
            partial(sqlite_books.change_book, device, base_version, dropped, added, max_contacts)
        )

    async def book(self, device: Device) -> Book:
        """The book of a device."""
        [book] = await self.books([device])
        return book

    async def books(self, devices: Sequence[Device]) -> list[Book]:
        """The books of devices, in their order."""
        query = partial(sqlite_books.CURRENT.read, {device.key for device in devices})
        stored = self._database.look_up(query) if len(devices) <= _FEW_BOOKS else await self._database.run(query)
        return [Book(device.number_key, stored.get(device.key, sqlite_books.EMPTY)) for device in devices]

    async def numbers_of_contact(self, device: Device, contact_id: int) -> list[NumberKey]:
        """The numbers of one contact of a device's book."""
        return (await self.book(device)).packed.numbers_of(contact_id)

    async def hubs(self, numbers: Collection[NumberKey], limit: int) -> frozenset[NumberKey]:
        """Those of the numbers that stand in more than `limit` books."""
        query = partial(sqlite_books.CURRENT.postings.hubs, numbers, limit)
        return self._database.look_up(query) if len(numbers) <= _FEW_NUMBERS else await self._database.run(query)

    async def devices_listing(self, device: Device, at_most: int) -> list[Device]:
        """Other devices that list the device's number, `at_most` of them."""
        return await self._database.run(partial(sqlite_books.devices_listing, device, at_most))

    async def devices_sharing(self, device: Device, at_least: int, hub_limit: int, at_most: int) -> list[Device]:
        """Other devices that list `at_least` numbers, no hubs, that the device lists too, `at_most` of them."""
        return await self._database.run(partial(sqlite_books.devices_sharing, device, at_least, hub_limit, at_most))


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


def _registration(row: sqlite3.Row) -> Registration:
    return Registration(*row)
