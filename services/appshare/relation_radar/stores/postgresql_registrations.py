"""Registrations and sessions in PostgreSQL.

All that concerns one number comes one after the other (`alone_with`), and waits for no other number.
"""

from collections.abc import Callable
from dataclasses import astuple

import asyncpg

from appshare.postgresql.database import Connection, Database, alone_with
from appshare.postgresql.texts import storable
from appshare.relation_radar.model import DeviceLimit, NumberKey, Registration, Session
from appshare.relation_radar.refusals import too_many_codes, too_many_devices

_REGISTRATION = "registration_id, number_key, region, code_digest, attempts, expire_time"

_FIND_SESSION = (
    "SELECT session_id, device_id, current_digest, previous_digest, rotate_time"
    " FROM sessions JOIN devices USING (device) WHERE session_id = $1"
)

# Some at a time, and none that somebody else has at hand: what is left over goes with the next registration.
_FORGET = """
    WITH forgotten AS (
        DELETE FROM registrations WHERE registration_id IN (
            SELECT registration_id FROM registrations WHERE expire_time <= $1
            ORDER BY expire_time LIMIT 100 FOR UPDATE SKIP LOCKED
        )
    )
    DELETE FROM codes_sent WHERE registration_id IN (
        SELECT registration_id FROM codes_sent WHERE send_time <= $2
        ORDER BY send_time LIMIT 100 FOR UPDATE SKIP LOCKED
    )
"""

_HOUR = 3600.0


class PostgresqlRegistrationStore:
    """A `RegistrationStore` on a PostgreSQL database.

    Args:
        generation: says under how many keys the numbers are that are given to the store.
    """

    def __init__(self, database: Database, generation: Callable[[], int]) -> None:
        self._database = database
        self._generation = generation

    async def add_registration(
        self, registration: Registration, request_id: str | None, now: float, codes_per_hour: int
    ) -> Registration:
        """Stores a registration, or returns the one that was started for its number with the same request id."""
        number, request_id = registration.number_key, request_id and storable(request_id)

        async def work(connection: Connection) -> Registration:
            await self._alone_with(number, connection)
            await connection.execute(_FORGET, now, now - _HOUR)
            # Its own are forgotten whoever has them at hand: their request ids are free.
            await connection.execute(
                "DELETE FROM registrations WHERE number_key = $1 AND expire_time <= $2", number, now
            )
            started = await connection.fetchrow(
                f"SELECT {_REGISTRATION} FROM registrations WHERE number_key = $1 AND request_id = $2",
                number,
                request_id,
            )
            if started:
                return _registration(started)
            await _require_quota(connection, number, now, codes_per_hour)
            await connection.execute(
                f"INSERT INTO registrations ({_REGISTRATION}, request_id) VALUES ($1, $2, $3, $4, $5, $6, $7)",
                *astuple(registration),
                request_id,
            )
            await connection.execute(
                "INSERT INTO codes_sent (registration_id, number_key, send_time) VALUES ($1, $2, $3)",
                registration.registration_id,
                number,
                now,
            )
            return registration

        return await self._database.change_under_locks(work)

    async def withdraw_registration(self, registration_id: str) -> None:
        """Forgets a registration whose code was perhaps not sent; it counts for the number's hour all the same."""
        await self._database.write("DELETE FROM registrations WHERE registration_id = $1", registration_id)

    async def count_attempt(self, registration_id: str) -> Registration | None:
        """Counts an attempt to verify and returns the registration with it; None when there is none."""
        row = await self._database.read_one(
            f"UPDATE registrations SET attempts = attempts + 1 WHERE registration_id = $1 RETURNING {_REGISTRATION}",
            storable(registration_id),
        )
        return _registration(row) if row else None

    async def complete_registration(
        self, registration: Registration, device_id: str, session: Session, limit: DeviceLimit | None = None
    ) -> Session | None:
        """Makes the registration a device with a session; returns that of the device that it is, now or already."""
        number, registration_id = registration.number_key, registration.registration_id

        async def work(connection: Connection) -> Session | None:
            await self._alone_with(number, connection)
            row = await connection.fetchrow(
                "SELECT session_id FROM registrations WHERE registration_id = $1 FOR UPDATE", registration_id
            )
            if row is None:
                return None
            if row["session_id"] is not None:
                return _session(await connection.fetchrow(_FIND_SESSION, row["session_id"]))
            if limit is not None:
                await _require_room(connection, number, limit)
            await _add_device(connection, registration, device_id, session)
            await connection.execute(
                # Its request id is free again.
                "UPDATE registrations SET session_id = $1, request_id = NULL WHERE registration_id = $2",
                session.session_id,
                registration_id,
            )
            return session

        return await self._database.change_under_locks(work)

    async def find_session(self, session_id: str) -> Session | None:
        """The session, or None when it never was or has ended."""
        return _session(await self._database.read_one(_FIND_SESSION, storable(session_id)))

    async def update_session(self, session: Session, replaced_digest: bytes) -> bool:
        """Stores a rotated session; False when its current digest is not `replaced_digest` any more."""
        changed = await self._database.write(
            "UPDATE sessions SET current_digest = $1, previous_digest = $2, rotate_time = $3"
            " WHERE session_id = $4 AND current_digest = $5",
            session.current_digest,
            session.previous_digest,
            session.rotate_time,
            session.session_id,
            replaced_digest,
        )
        return changed > 0

    async def end_session(self, session_id: str) -> None:
        """Ends a session."""
        await self._database.write("DELETE FROM sessions WHERE session_id = $1", session_id)

    async def _alone_with(self, number: NumberKey, connection: Connection) -> None:
        # First of all: from here on, no other copy of the service takes another key into use.
        await connection.execute("SELECT under_keys($1)", self._generation())
        await alone_with(number, connection)


async def _require_quota(connection: Connection, number_key: NumberKey, now: float, codes_per_hour: int) -> None:
    rows = await connection.fetch(
        "SELECT send_time FROM codes_sent WHERE number_key = $1 AND send_time > $2 ORDER BY send_time DESC LIMIT $3",
        number_key,
        now - _HOUR,
        codes_per_hour,
    )
    if len(rows) >= codes_per_hour:
        raise too_many_codes(rows[-1]["send_time"] + _HOUR - now)


async def _require_room(connection: Connection, number_key: NumberKey, limit: DeviceLimit) -> None:
    in_use = await connection.fetchval(
        "SELECT count(DISTINCT device) FROM devices JOIN sessions USING (device)"
        " WHERE number_key = $1 AND rotate_time > $2",
        number_key,
        limit.in_use_since,
    )
    if in_use >= limit.at_most:
        raise too_many_devices(limit.at_most)


async def _add_device(connection: Connection, registration: Registration, device_id: str, session: Session) -> None:
    device = await connection.fetchval(
        "INSERT INTO devices (device_id, number_key, region, register_time) VALUES ($1, $2, $3, $4) RETURNING device",
        device_id,
        registration.number_key,
        registration.region,
        session.rotate_time,
    )
    await connection.execute(
        "INSERT INTO sessions (session_id, device, current_digest, previous_digest, rotate_time)"
        " VALUES ($1, $2, $3, $4, $5)",
        session.session_id,
        device,
        session.current_digest,
        session.previous_digest,
        session.rotate_time,
    )


def _registration(row: asyncpg.Record) -> Registration:
    return Registration(*row)


def _session(row: asyncpg.Record | None) -> Session | None:
    return Session(*row) if row else None
