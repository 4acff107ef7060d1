"""The rotation of the number key in SQLite."""

import sqlite3
from collections.abc import Collection, Sequence
from functools import partial

from appshare.relation_radar.key_rotation_store import KeyState, Phase, Rekey
from appshare.relation_radar.model import PackedContacts
from appshare.relation_radar.stores.sqlite_books import CURRENT, NEXT
from appshare.sqlite.database import Database

_TABLES = ("books", "postings", "recent_postings")

_NUMBERS_AT_ONCE = 4096
_ROWS_AT_ONCE = 1024
"""How much a transaction changes: whoever syncs a book waits for it."""


class SqliteKeyRotationStore:
    """A `KeyRotationStore` on an SQLite database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def generation(self) -> tuple[int, Phase]:
        """Under how many keys the numbers are stored, and what is being done about the next one."""
        [row] = await self._database.read("SELECT generation, phase FROM number_key_state")
        return row["generation"], Phase(row["phase"])

    async def state(self) -> KeyState:
        """How far it is."""
        return await self._database.run(_read_state)

    async def confirm(self, checks: Sequence[bytes]) -> bool:
        """Whether keys, the oldest first, are those of the database, the next one with them when it has begun."""
        async with self._database.transaction() as transaction:
            await transaction.write("INSERT OR IGNORE INTO number_key_checks VALUES (1, ?)", (checks[0],))
        rows = await self._database.read("SELECT generation, key_check FROM number_key_checks")
        return all(checks[row["generation"] - 1 : row["generation"]] == [row["key_check"]] for row in rows)

    async def begin(self, check: bytes) -> None:
        """Has all books copied under the next key, from SETTLED; else it has begun."""
        await self._database.change(partial(_begin, check))

    async def copy_books(self, rekey: Rekey) -> int:
        """Copies a few books under the next key; returns how many are left. Books that change come again."""
        return await self._database.change(partial(_copy_books, rekey))

    async def finish(self, rekey: Rekey) -> None:
        """Takes the copies into use and puts everything else under the next key, all at once."""
        await self._database.rebuild(partial(_finish, rekey))

    async def clear(self) -> None:
        """Deletes, after `finish`, what was stored under the key before, so that none of it is left on the disk."""
        for table in _TABLES:
            while await self._database.change(partial(_delete_some, f"{table}_next")):
                pass
        await self._database.change(_settle)
        await self._database.checkpoint()


def _read_state(connection: sqlite3.Connection) -> KeyState:
    [generation, phase, left, total] = connection.execute(
        "SELECT generation, phase, (SELECT count(*) FROM books_to_copy JOIN books USING (device)),"
        " (SELECT count(*) FROM books) FROM number_key_state"
    ).fetchone()
    return KeyState(generation, Phase(phase), total - left if phase == Phase.COPYING else 0, total)


def _begin(check: bytes, connection: sqlite3.Connection) -> None:
    began = connection.execute(
        "UPDATE number_key_state SET phase = ? WHERE phase = ?", (Phase.COPYING, Phase.SETTLED)
    ).rowcount
    if began:
        connection.execute("INSERT INTO books_to_copy SELECT device FROM books")
        connection.execute("INSERT INTO number_key_checks SELECT generation + 1, ? FROM number_key_state", (check,))


def _copy_books(rekey: Rekey, connection: sqlite3.Connection) -> int:
    numbers = 0
    for (device,) in connection.execute("SELECT device FROM books_to_copy ORDER BY device").fetchmany(_ROWS_AT_ONCE):
        numbers += _copy_book(device, rekey, connection)
        if numbers >= _NUMBERS_AT_ONCE:
            break
    [left] = connection.execute("SELECT count(*) FROM books_to_copy").fetchone()
    return int(left)


def _copy_book(device: int, rekey: Rekey, connection: sqlite3.Connection) -> int:
    """Copies a book; returns how many numbers it has."""
    connection.execute("DELETE FROM books_to_copy WHERE device = ?", (device,))
    book = CURRENT.read([device], connection).get(device)
    if book is None:  # the device was removed
        return 0
    rekeyed = PackedContacts.pack((rekey(number), contact_id) for number, contact_id in book.pairs())
    NEXT.store(device, rekeyed, device, connection)
    return len(book.numbers)


def _finish(rekey: Rekey, connection: sqlite3.Connection) -> None:
    if not connection.execute(
        "UPDATE number_key_state SET generation = generation + 1, phase = ? WHERE phase = ?",
        (Phase.CLEARING, Phase.COPYING),
    ).rowcount:
        return
    while _copy_books(rekey, connection):
        pass
    for table in _TABLES:
        connection.execute(f"ALTER TABLE {table} RENAME TO {table}_before")
        connection.execute(f"ALTER TABLE {table}_next RENAME TO {table}")
        connection.execute(f"ALTER TABLE {table}_before RENAME TO {table}_next")
    connection.create_function("rekeyed", 1, rekey, deterministic=True)
    for table, columns in _tables_with_numbers(connection).items():
        _rewrite(table, columns, connection)


def _tables_with_numbers(connection: sqlite3.Connection) -> dict[str, list[str]]:
    """The other tables that hold numbers, and in which columns: a name that ends in `_key` says so."""
    tables: dict[str, list[str]] = {}
    rows = connection.execute(
        "SELECT tables.name, columns.name FROM sqlite_schema AS tables, pragma_table_info(tables.name) AS columns"
        " WHERE tables.type = 'table' AND columns.name LIKE '%\\_key' ESCAPE '\\'"
    )
    for table, column in rows:
        if table.removesuffix("_next") not in _TABLES:
            tables.setdefault(table, []).append(column)
    return tables


def _rewrite(table: str, number_columns: Collection[str], connection: sqlite3.Connection) -> None:
    """Puts the numbers of a table under the next key.

    The table is emptied and filled again: rows that were changed in place would leave copies behind in its pages, as
    SQLite moves rows from page to page.
    """
    columns = [name for (_, name, *_) in connection.execute(f"PRAGMA table_info({table})")]
    rekeyed = ", ".join(f"rekeyed({name}) AS {name}" if name in number_columns else name for name in columns)
    connection.execute(f"CREATE TEMP TABLE rewritten AS SELECT {rekeyed} FROM {table}")
    connection.execute(f"DELETE FROM {table}")
    connection.execute(f"INSERT INTO {table} ({', '.join(columns)}) SELECT * FROM rewritten")
    connection.execute("DROP TABLE rewritten")


def _delete_some(table: str, connection: sqlite3.Connection) -> int:
    """Deletes some rows of a table; returns how many."""
    some = f"SELECT rowid FROM {table} LIMIT {_ROWS_AT_ONCE}"
    return connection.execute(f"DELETE FROM {table} WHERE rowid IN ({some})").rowcount


def _settle(connection: sqlite3.Connection) -> None:
    for table in _TABLES:
        connection.execute(f"DELETE FROM {table}_next")  # without rows, without a trace of them in its last page
    connection.execute("UPDATE number_key_state SET phase = ? WHERE phase = ?", (Phase.SETTLED, Phase.CLEARING))
