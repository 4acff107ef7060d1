"""The end of a move that is SQLite: a database read as it is at one moment, or one that is put into its place."""

import json
import os
import sqlite3
from array import array
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import aiosqlite

from appshare.moving.layout import Layout, Table
from appshare.moving.rows import BATCH, Column, Row, from_sqlite
from appshare.moving.trouble import MoveError
from appshare.sqlite.migrations import migrate

_PATIENCE = 60.0


class SqliteEnd:
    """A database that nobody else uses."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        connection.create_function("unpacked", 1, _unpacked, deterministic=True)
        connection.create_function("packed", 1, _packed, deterministic=True)

    def require_ready(self, layout: Layout) -> None:
        """Refuses to move what is being changed over a longer time.

        Raises:
            MoveError: with what to do about it.
        """
        if layout.unready and self._connection.execute(layout.unready[0]).fetchone():
            raise MoveError(layout.unready[1])

    def rows(self, table: Table, columns: Sequence[Column]) -> Iterator[Row]:
        """All rows of a table, as PostgreSQL has them."""
        wanted = ", ".join(
            f'{table.given[each.name]} AS "{each.name}"' if each.name in table.given else f'"{each.name}"'
            for each in columns
        )
        cursor = self._connection.execute(f"SELECT {wanted} FROM {table.source or table.name}")
        while batch := cursor.fetchmany(BATCH):
            for values in batch:
                yield from_sqlite(values, columns)

    def put(self, table: Table, row: Mapping[str, Any]) -> None:
        """Puts a row into a table, with the values as SQLite has them, by column."""
        for statement in table.restoring or (_insert(table, row),):
            self._connection.execute(statement, row)

    def counted(self, table: str, counter: str) -> int:
        """The highest number that a column of the table has ever had, as far as SQLite knows; 0: none."""
        if self._remembers(table):
            query = f"SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = '{table}'"
        else:
            query = f"SELECT coalesce(max({counter}), 0) FROM {table}"
        [found] = self._connection.execute(query).fetchone()
        return int(found)

    def count_from(self, table: str, number: int) -> None:
        """Lets the table go on behind a number, if it remembers what it has given."""
        if self._remembers(table):
            self._connection.execute("DELETE FROM sqlite_sequence WHERE name = ?", (table,))
            if number:
                self._connection.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (table, number))

    def empty(self, table: Table) -> None:
        """Removes what a new database has in the table."""
        self._connection.execute(f"DELETE FROM {table.name}")

    def _remembers(self, table: str) -> bool:
        query = "SELECT 1 FROM sqlite_schema WHERE name = ? AND sql LIKE '%AUTOINCREMENT%'"
        return self._connection.execute(query, (table,)).fetchone() is not None


@contextmanager
def snapshot(file: Path, layout: Layout, folder: Path) -> Iterator[Path]:
    """A copy of the database as it is at one moment, while others write to it; it is gone afterwards.

    Args:
        folder: of this user alone, with as much room as the database needs.

    Raises:
        MoveError: the database is damaged.
    """
    copy = folder / file.name
    try:
        with (
            closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=_PATIENCE)) as source,
            closing(sqlite3.connect(copy)) as target,
        ):
            source.backup(target)  # all at once: step by step, every change would begin it anew
            [verdict] = target.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.DatabaseError as error:
        verdict = str(error)
    try:
        if verdict != "ok":
            raise MoveError(f"{file} is damaged: {verdict}")
        yield copy
    finally:
        for path in folder.glob(f"{copy.name}*"):
            path.unlink()


@contextmanager
def opened(path: Path) -> Iterator[SqliteEnd]:
    """A database, whose changes are kept if all goes well."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("BEGIN")
        yield SqliteEnd(connection)
        connection.execute("COMMIT")


async def bring_up_to_date(path: Path, layout: Layout) -> None:
    """Does what its service would do to a database at its start; a new one gets all tables.

    Raises:
        errors.UnavailableError: STORAGE_UNAVAILABLE, it is of a newer version.
    """
    async with aiosqlite.connect(path, isolation_level=None) as migrated:
        await migrate(migrated, layout.sqlite_migrations)
    if layout.completing:
        with closing(sqlite3.connect(path)) as connection:
            layout.completing(connection)
            connection.commit()


def put_in_place(path: Path, target: Path) -> None:
    """Gives a finished database its name, durably, in place of one that is there."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
    for suffix in ("-wal", "-shm"):
        target.with_name(target.name + suffix).unlink(missing_ok=True)  # of the one that goes
    path.replace(target)
    descriptor = os.open(target.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _insert(table: Table, row: Mapping[str, Any]) -> str:
    names = [name for name in row if name not in table.given]
    marks = ", ".join(f":{name}" for name in names)
    return f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({marks})"


def _unpacked(blob: bytes) -> str:
    """Keys of 4 bytes each as a JSON list."""
    return json.dumps(array("I", blob).tolist())


def _packed(blob: bytes) -> bytes:
    """Keys of 8 bytes each in 4."""
    return array("I", array("q", blob)).tobytes()
