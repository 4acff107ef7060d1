"""An SQLite database of one service: opened, migrated, read and written."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import aiosqlite

from appshare import errors
from appshare.sql.migrations import migrate

Parameters = Sequence[Any]

_PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    # What was acknowledged is on disk, also after a power cut.
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA busy_timeout = 5000",
    # What was deleted is overwritten.
    "PRAGMA secure_delete = ON",
)


class Database:
    """Reads run beside one writer; writes are transactions, one after the other."""

    def __init__(self, writer: aiosqlite.Connection, reader: aiosqlite.Connection) -> None:
        self._writer = writer
        self._reader = reader
        self._lock = asyncio.Lock()

    async def read(self, sql: str, parameters: Parameters = ()) -> list[sqlite3.Row]:
        """All rows of a query, as they are after the last finished transaction.

        Raises:
            errors.UnavailableError: STORAGE_UNAVAILABLE.
        """
        with _translated():
            return list(await self._reader.execute_fetchall(sql, parameters))

    async def read_one(self, sql: str, parameters: Parameters = ()) -> sqlite3.Row | None:
        """The first row of a query, or None.

        Raises:
            errors.UnavailableError: STORAGE_UNAVAILABLE.
        """
        rows = await self.read(sql, parameters)
        return rows[0] if rows else None

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator["Transaction"]:
        """Everything done in it is on disk when the context ends, or nothing when it raises.

        Raises:
            errors.UnavailableError: STORAGE_UNAVAILABLE; nothing was changed.
        """
        async with self._lock:
            with _translated():
                try:
                    await self._writer.execute("BEGIN IMMEDIATE")
                    yield Transaction(self._writer)
                    await self._writer.execute("COMMIT")
                except BaseException:
                    # Queued behind a statement that a cancelled call left running; does nothing outside a transaction,
                    # which a full disk ends by itself.
                    await self._writer.rollback()
                    raise


class Transaction:
    """Reads and writes inside a transaction."""

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._connection = connection

    async def read(self, sql: str, parameters: Parameters = ()) -> list[sqlite3.Row]:
        """All rows of a query."""
        return list(await self._connection.execute_fetchall(sql, parameters))

    async def read_one(self, sql: str, parameters: Parameters = ()) -> sqlite3.Row | None:
        """The first row of a query, or None."""
        rows = await self.read(sql, parameters)
        return rows[0] if rows else None

    async def write(self, sql: str, parameters: Parameters = ()) -> int:
        """Runs a statement; returns how many rows it changed."""
        cursor = await self._connection.execute(sql, parameters)
        return cursor.rowcount

    async def insert(self, sql: str, parameters: Parameters = ()) -> int:
        """Runs an INSERT of one row; returns its row id."""
        row_id = (await self._connection.execute_insert(sql, parameters) or (0,))[0]
        return int(row_id)

    async def write_many(self, sql: str, rows: Iterable[Parameters]) -> None:
        """Runs a statement once per row."""
        await self._connection.executemany(sql, rows)


@asynccontextmanager
async def open_database(path: Path, migrations: Traversable) -> AsyncIterator[Database]:
    """Opens the database at `path`, created when missing, after applying the `NNNN_*.sql` files of `migrations`.

    Raises:
        errors.UnavailableError: STORAGE_UNAVAILABLE, when it cannot be opened or is of a newer version of the program.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _translated():
        async with _connection(path) as writer:
            await migrate(writer, migrations)
            async with _connection(path) as reader:
                await reader.execute("PRAGMA query_only = ON")
                yield Database(writer, reader)


@asynccontextmanager
async def _connection(path: Path) -> AsyncIterator[aiosqlite.Connection]:
    # What cannot be opened is told here: aiosqlite would leave a thread behind that fails once more, on its own.
    await asyncio.to_thread(lambda: sqlite3.connect(path).close())
    async with aiosqlite.connect(path, isolation_level=None) as connection:
        connection.row_factory = sqlite3.Row
        for pragma in _PRAGMAS:
            await connection.execute(pragma)
        yield connection


@contextmanager
def _translated() -> Iterator[None]:
    """Raises what the disk or the file does to SQLite as a typed error; a driver's message never leaves the store."""
    try:
        yield
    except (sqlite3.IntegrityError, sqlite3.ProgrammingError):
        raise  # a defect of ours, not of the storage
    except sqlite3.DatabaseError as error:
        if _name_of(error) == "SQLITE_ERROR":
            raise  # wrong SQL: a defect of ours too
        raise errors.UnavailableError(
            errors.Reason.STORAGE_UNAVAILABLE,
            f"the database cannot be used ({_name_of(error)}); nothing was changed",
        ) from error


def _name_of(error: sqlite3.Error) -> str:
    """SQLite's symbolic name of an error, for example SQLITE_FULL."""
    return getattr(error, "sqlite_errorname", None) or type(error).__name__
