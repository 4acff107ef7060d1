"""Registrations and sessions in SQLite."""

import sqlite3
from dataclasses import astuple

from appshare.relation_radar.model import DeviceLimit, NumberKey, Registration, Session
from appshare.relation_radar.refusals import too_many_codes, too_many_devices
from appshare.sqlite.database import Database, Transaction

_REGISTRATION = "registration_id, number_key, region, code_digest, attempts, expire_time"

_FIND_SESSION = (
    "SELECT session_id, device_id, current_digest, previous_digest, rotate_time"
    " FROM sessions JOIN devices USING (device) WHERE session_id = ?"
)

_HOUR = 3600.0


class SqliteRegistrationStore:
    """A `RegistrationStore` on an SQLite database."""

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

    async def complete_registration(
        self, registration: Registration, device_id: str, session: Session, limit: DeviceLimit | None = None
    ) -> Session | None:
        """Makes the registration a device with a session; returns that of the device that it is, now or already."""
        async with self._database.transaction() as transaction:
            row = await transaction.read_one(
                "SELECT session_id FROM registrations WHERE registration_id = ?", (registration.registration_id,)
            )
            if row is None:
                return None
            if row["session_id"] is not None:
                return _session(await transaction.read_one(_FIND_SESSION, (row["session_id"],)))
            if limit is not None:
                await _require_room(transaction, registration.number_key, limit)
            await _add_device(transaction, registration, device_id, session)
            await transaction.write(
                # Its request id is free again.
                "UPDATE registrations SET session_id = ?, request_id = NULL WHERE registration_id = ?",
                (session.session_id, registration.registration_id),
            )
        return session

    async def find_session(self, session_id: str) -> Session | None:
        """The session, or None when it never was or has ended."""
        return _session(await self._database.read_one(_FIND_SESSION, (session_id,)))

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


async def _require_quota(transaction: Transaction, number_key: NumberKey, now: float, codes_per_hour: int) -> None:
    rows = await transaction.read(
        "SELECT send_time FROM codes_sent WHERE number_key = ? ORDER BY send_time DESC LIMIT ?",
        (number_key, codes_per_hour),
    )
    if len(rows) >= codes_per_hour:
        raise too_many_codes(rows[-1]["send_time"] + _HOUR - now)


async def _require_room(transaction: Transaction, number_key: NumberKey, limit: DeviceLimit) -> None:
    [row] = await transaction.read(
        "SELECT count(DISTINCT device) AS in_use FROM devices JOIN sessions USING (device)"
        " WHERE number_key = ? AND rotate_time > ?",
        (number_key, limit.in_use_since),
    )
    if row["in_use"] >= limit.at_most:
        raise too_many_devices(limit.at_most)


async def _add_device(transaction: Transaction, registration: Registration, device_id: str, session: Session) -> None:
    device = await transaction.insert(
        "INSERT INTO devices (device_id, number_key, region, register_time) VALUES (?, ?, ?, ?)",
        (device_id, registration.number_key, registration.region, session.rotate_time),
    )
    await transaction.write(
        "INSERT INTO sessions (session_id, device, current_digest, previous_digest, rotate_time)"
        " VALUES (?, ?, ?, ?, ?)",
        (session.session_id, device, session.current_digest, session.previous_digest, session.rotate_time),
    )


def _registration(row: sqlite3.Row) -> Registration:
    return Registration(*row)


def _session(row: sqlite3.Row | None) -> Session | None:
    return Session(*row) if row else None
