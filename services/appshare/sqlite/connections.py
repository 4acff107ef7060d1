"""Connections to SQLite, and how functions run on them."""

import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

import aiosqlite

Result = TypeVar("Result")

_PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    # What was acknowledged is on disk, also after a power cut.
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA busy_timeout = 5000",
    # What was deleted is overwritten.
    "PRAGMA secure_delete = ON",
    # What a savepoint keeps for its undoing stays out of temporary files.
    "PRAGMA temp_store = MEMORY",
    # In pages: 64 MiB, so that a page that many transactions change is written back to the database file once.
    "PRAGMA wal_autocheckpoint = 16384",
    # In KiB, when negative, taken as needed: a whole group's changed pages.
    "PRAGMA cache_size = -65536",
)


@asynccontextmanager
async def open_connection(path: Path) -> AsyncIterator[aiosqlite.Connection]:
    """A connection with a thread of its own."""
    # What cannot be opened is told here: aiosqlite would leave a thread behind that fails once more, on its own.
    sqlite3.connect(path).close()
    async with aiosqlite.connect(path, isolation_level=None) as connection:
        await in_one_go(connection, _prepare)
        yield connection


def connection_at_hand(path: Path) -> sqlite3.Connection:
    """A connection that reads in the thread that calls."""
    connection = sqlite3.connect(path, isolation_level=None)
    _prepare(connection)
    connection.execute("PRAGMA query_only = ON")
    return connection


def _prepare(connection: sqlite3.Connection) -> None:
    connection.row_factory = sqlite3.Row
    for pragma in _PRAGMAS:
        connection.execute(pragma)


async def in_one_go(connection: aiosqlite.Connection, work: Callable[[sqlite3.Connection], Result]) -> Result:
    """Runs a function in the thread of a connection."""
    execute: Callable[..., Awaitable[Result]] = connection._execute  # noqa: SLF001 - there is no public way
    return await execute(work, connection._conn)  # noqa: SLF001 - as above


def on_one_state(work: Callable[[sqlite3.Connection], Result], connection: sqlite3.Connection) -> Result:
    """Runs a function that reads, on one state of the database."""
    connection.execute("BEGIN")
    try:
        return work(connection)
    finally:
        connection.rollback()


def without_references(work: Callable[[sqlite3.Connection], Result], connection: sqlite3.Connection) -> Result:
    """Runs a function as a transaction in which references are not checked."""
    connection.execute("PRAGMA foreign_keys = OFF")  # does nothing inside a transaction
    try:
        connection.execute("BEGIN IMMEDIATE")
        try:
            result = work(connection)
            connection.execute("COMMIT")
        except BaseException:
            connection.rollback()
            raise
        return result
    finally:
        connection.execute("PRAGMA foreign_keys = ON")


def open_savepoint(member: int, connection: sqlite3.Connection) -> None:
    """Ends the savepoint of the member before, which the first has none of, and opens another."""
    if member > 2:  # noqa: PLR2004 - the first is in the transaction itself
        connection.execute(f"RELEASE member_{member - 1}")
    connection.execute(f"SAVEPOINT member_{member}")
