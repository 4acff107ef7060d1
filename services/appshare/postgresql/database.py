"""The part of a PostgreSQL database that belongs to one service: opened, migrated, read and written."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from typing import Any, Literal, TypeVar

import asyncpg

from appshare.postgresql.migrations import migrate
from appshare.postgresql.trouble import CONFLICTS, FAILURES, translated, unreachable

Connection = asyncpg.pool.PoolConnectionProxy
Result = TypeVar("Result")
Isolation = Literal["serializable", "read_committed"]

_ATTEMPTS = 10
"""So often a change is tried that conflicts with others."""
_LONGEST_PAUSE = 0.2
"""Seconds between two of them, at most."""

_VACUUM_PATIENCE = 24 * 3600.0
"""Seconds; it holds up nobody."""

_CONNECT_PATIENCE = 30.0
"""Seconds in which the server must answer when a service starts: they are often started together."""

_PLANNING = {
    # A statement is planned once for each connection. For each call's values the server would plan many a join anew,
    # which takes longer than the join; and for many ids at once it would read small tables from end to end.
    "plan_cache_mode": "force_generic_plan",
    # To compile what runs for a millisecond takes longer, too.
    "jit": "off",
}


@dataclass(frozen=True)
class Limits:
    """What a service bears of its database.

    Attributes:
        connections: held at most, by each process.
        statement_seconds: after which a statement is given up by the server.
        idle_seconds: after which a transaction is given up in which nothing happens.
    """

    connections: int = 10
    statement_seconds: float = 10.0
    idle_seconds: float = 30.0


class Database:
    """Connections to one schema. Values are `$1`, `$2`, … in the SQL; rows are `asyncpg.Record`."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def read(self, sql: str, *values: Any) -> list[asyncpg.Record]:
        """All rows of a query.

        Raises:
            errors.UnavailableError: STORAGE_UNAVAILABLE.
        """
        with translated():
            async with self._pool.acquire() as connection:
                return await connection.fetch(sql, *values)

    async def read_one(self, sql: str, *values: Any) -> asyncpg.Record | None:
        """The first row of a query, or None.

        Raises:
            errors.UnavailableError: STORAGE_UNAVAILABLE.
        """
        with translated():
            async with self._pool.acquire() as connection:
                return await connection.fetchrow(sql, *values)

    async def write(self, sql: str, *values: Any) -> int:
        """Runs one statement that changes something; returns how many rows.

        Raises:
            errors.UnavailableError: STORAGE_UNAVAILABLE.
        """
        with translated():
            async with self._pool.acquire() as connection:
                tag = await connection.execute(sql, *values)
        return int(tag.rpartition(" ")[2])

    async def run(self, work: Callable[[Connection], Awaitable[Result]]) -> Result:
        """Runs a function that reads, on one state of the database.

        Raises:
            errors.UnavailableError: STORAGE_UNAVAILABLE.
        """
        with translated():
            async with (
                self._pool.acquire() as connection,
                connection.transaction(isolation="repeatable_read", readonly=True),
            ):
                return await work(connection)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """Everything done in it is on disk when the context ends, or nothing when it raises.

        It is as `change_under_locks`, but cannot be run again: take all locks in an order that every transaction keeps.

        Raises:
            errors.UnavailableError: STORAGE_UNAVAILABLE.
        """
        with translated():
            async with self._pool.acquire() as connection, connection.transaction(isolation="read_committed"):
                yield connection

    async def change(self, work: Callable[[Connection], Awaitable[Result]]) -> Result:
        """Runs a function that reads and writes, as if it were alone: on disk when this returns, or nothing of it.

        Args:
            work: may run several times, when others change what it reads; all that it does, it does to the database.

        Raises:
            errors.UnavailableError: STORAGE_UNAVAILABLE.
        """
        return await self._change(work, "serializable")

    async def change_under_locks(self, work: Callable[[Connection], Awaitable[Result]]) -> Result:
        """Runs a function that reads and writes, and sees to it by itself that others do not come between.

        For what many do at once, each to rows of its own: there, `change` would find conflicts that are none, since it
        remembers pages of indices and not rows. Each statement sees what was on disk when it began: take the locks that
        are needed (a row's by `FOR UPDATE` or by changing it, `alone_with`) before you read what they protect.

        Args:
            work: as in `change`; it comes again only after a deadlock.

        Raises:
            errors.UnavailableError: STORAGE_UNAVAILABLE.
        """
        return await self._change(work, "read_committed")

    async def vacuum(self, *tables: str) -> None:
        """Frees the places of rows that were deleted or changed, and counts anew what queries are planned by.

        Raises:
            errors.UnavailableError: STORAGE_UNAVAILABLE.
        """
        with translated():
            async with self._pool.acquire() as connection:
                await connection.execute("SET statement_timeout = 0")
                try:
                    for table in tables:
                        await connection.execute(f"VACUUM (ANALYZE) {table}", timeout=_VACUUM_PATIENCE)
                finally:
                    await connection.execute("RESET statement_timeout")  # the connection goes back as it was

    async def size(self) -> int:
        """Bytes of the schema's tables with their indices, as they are on the server's disk."""
        row = await self.read_one(
            "SELECT coalesce(sum(pg_total_relation_size(oid)), 0)::bigint AS bytes FROM pg_class"
            " WHERE relkind = 'r' AND relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema())"
        )
        return int(row["bytes"]) if row else 0

    async def _change(self, work: Callable[[Connection], Awaitable[Result]], isolation: Isolation) -> Result:
        with translated():
            for attempt in range(1, _ATTEMPTS):
                try:
                    return await self._once(work, isolation)
                except CONFLICTS:
                    await asyncio.sleep(random.uniform(0, min(_LONGEST_PAUSE, 0.002 * 2**attempt)))  # noqa: S311
            return await self._once(work, isolation)

    async def _once(self, work: Callable[[Connection], Awaitable[Result]], isolation: Isolation) -> Result:
        async with self._pool.acquire() as connection, connection.transaction(isolation=isolation):
            return await work(connection)


async def alone_with(key: int, connection: Connection) -> None:
    """Waits until no other transaction is alone with a key; this one is, until it ends.

    Args:
        key: 64 bits, signed. Two things that have one key by chance wait for each other, no more.
    """
    await connection.execute("SELECT pg_advisory_xact_lock($1)", key)


@asynccontextmanager
async def open_database(
    url: str, schema: str, migrations: Traversable, limits: Limits | None = None
) -> AsyncIterator[Database]:
    """Opens a service's schema, created when missing, after applying the `NNNN_*.sql` files of `migrations`.

    Args:
        url: `postgresql://user:password@host:port/database`; what it lacks, the usual PG… variables say.

    Raises:
        errors.UnavailableError: STORAGE_UNAVAILABLE, when the server does not answer in half a minute, refuses, or has
            the schema of a newer version of the program.
    """
    limits = limits or Limits()
    options = _connection_options(schema, limits)
    # A migration takes as long as it takes, and so does the turn of another copy that migrates.
    connection = await _first_connection(url, {"server_settings": _session(schema)})
    with translated():
        try:
            await migrate(connection, schema, migrations)
        finally:
            await connection.close()
        pool = await asyncpg.create_pool(url, min_size=1, max_size=limits.connections, reset=_leave_as_it_is, **options)
    async with pool:  # what fails while it is open is not the database's
        yield Database(pool)


async def _leave_as_it_is(_connection: asyncpg.Connection) -> None:
    """Saves a round trip: nothing that we do outlives its transaction, and one that is open is rolled back before."""


def _connection_options(schema: str, limits: Limits) -> dict[str, Any]:
    return {
        "command_timeout": 2 * limits.statement_seconds,  # a server that does not even say that it has given up
        "server_settings": _session(schema)
        | {
            "statement_timeout": f"{limits.statement_seconds * 1000:.0f}",
            "idle_in_transaction_session_timeout": f"{limits.idle_seconds * 1000:.0f}",
        },
    }


def _session(schema: str) -> dict[str, str]:
    return {"application_name": f"appshare {schema}", "search_path": schema, **_PLANNING}


async def _first_connection(url: str, options: dict[str, Any]) -> asyncpg.Connection:
    deadline = asyncio.get_running_loop().time() + _CONNECT_PATIENCE
    while True:
        try:
            return await asyncpg.connect(url, **options)
        except FAILURES as error:
            may_come = isinstance(error, (OSError, asyncpg.CannotConnectNowError))
            if not may_come or asyncio.get_running_loop().time() > deadline:
                raise unreachable(error) from error
            await asyncio.sleep(0.5)
