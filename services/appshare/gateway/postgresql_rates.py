"""What copies of the gateway count together, in PostgreSQL."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from importlib.resources import files

from appshare.gateway.shared_rates import Taken
from appshare.postgresql.database import Connection, Database, Limits, open_database

_MIGRATIONS = files("appshare.gateway") / "migrations"

_NOW = "extract(epoch FROM clock_timestamp())::double precision"

# ruff: noqa: S608  # put together from texts of this module
_SETTLE = f"""
    INSERT INTO call_rates AS rate (key, full_time)
    SELECT key, {_NOW} + seconds FROM unnest($1::bytea[], $2::double precision[]) AS taken (key, seconds)
    ON CONFLICT (key) DO UPDATE SET full_time = greatest(rate.full_time, {_NOW}) + excluded.full_time - {_NOW}
    RETURNING key, full_time - {_NOW} AS seconds
"""
_FORGET_RATES = f"""
    DELETE FROM call_rates WHERE key IN (
        SELECT key FROM call_rates WHERE full_time < {_NOW} ORDER BY full_time LIMIT $1 FOR UPDATE SKIP LOCKED
    )
"""
_FORGET_COPIES = f"DELETE FROM copies WHERE seen_time < {_NOW} - $1::double precision"
_SEE_COPY = f"INSERT INTO copies VALUES ($1, {_NOW}) ON CONFLICT (copy_id) DO UPDATE SET seen_time = excluded.seen_time"

_STATEMENT_SECONDS = 2.0
"""Calls go on meanwhile; what cannot be settled sooner is settled later."""

_MOST_REMOVED = 10_000


class PostgresqlRates:
    """Buckets by key, on the server's clock."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def settle(self, taken: Sequence[Taken]) -> Mapping[bytes, float]:
        """Adds what was counted; returns by key the seconds until its bucket is full again."""
        ordered = sorted(taken, key=lambda each: each.key)  # copies that settle the same keys wait, and do not deadlock

        async def settle(connection: Connection) -> Mapping[bytes, float]:
            rows = await connection.fetch(_SETTLE, [each.key for each in ordered], [each.seconds for each in ordered])
            return {row["key"]: row["seconds"] for row in rows}

        return await self._database.change_under_locks(settle)

    async def tend(self, copy_id: str, away_after: float) -> int:
        """Says that a copy is there, removes what is over, and returns how many copies there are."""

        async def tend(connection: Connection) -> int:
            await connection.execute(_FORGET_COPIES, away_after)
            await connection.execute(_SEE_COPY, copy_id)
            await connection.execute(_FORGET_RATES, _MOST_REMOVED)
            copies: int = await connection.fetchval("SELECT count(*) FROM copies")
            return copies

        return await self._database.change_under_locks(tend)


@asynccontextmanager
async def open_postgresql_rates(url: str, connections: int) -> AsyncIterator[PostgresqlRates]:
    """Opens the gateway's schema.

    Raises:
        errors.UnavailableError: STORAGE_UNAVAILABLE, as `open_database` says.
    """
    limits = Limits(connections=connections, statement_seconds=_STATEMENT_SECONDS)
    async with open_database(url, "gateway", _MIGRATIONS, limits) as database:
        yield PostgresqlRates(database)
