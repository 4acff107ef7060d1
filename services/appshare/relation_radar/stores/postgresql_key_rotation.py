"""The rotation of the number key in PostgreSQL, where several copies of the service may take part in it at once."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial

from appshare.postgresql.database import Connection, Database
from appshare.relation_radar.key_rotation_store import KeyState, Phase, Rekey
from appshare.relation_radar.model import PackedContacts
from appshare.relation_radar.stores import postgresql_books

_SWAPPED = ("books", "postings")

_NUMBERS_AT_ONCE = 4096
_BOOKS_AT_ONCE = 64
"""How much a transaction copies: whoever syncs one of the books waits for it."""

_LOCK_PATIENCE = "500ms"
"""Whoever waits for every table makes all others wait behind it: it gives up, and comes again."""

_LONG = 24 * 3600.0
"""Seconds: what touches every device may take as long as it takes."""

# Of very many it is enough to know that they are many.
_LEFT = "SELECT count(*) FROM (SELECT FROM books_to_copy LIMIT 1000) AS first"

# What another transaction has at hand is left to it.
_TAKE_SOME = """
    WITH taken AS (SELECT device FROM books_to_copy ORDER BY device LIMIT $1 FOR UPDATE SKIP LOCKED)
    DELETE FROM books_to_copy USING taken WHERE books_to_copy.device = taken.device RETURNING taken.device
"""

# The devices stay until the copies are stored.
_BOOKS = """
    SELECT books.device, numbers, contact_ids FROM books JOIN devices USING (device)
    WHERE books.device = ANY($1::bigint[]) FOR KEY SHARE OF devices
"""

_COLUMNS = """
    SELECT table_name, array_agg(column_name::text ORDER BY ordinal_position) AS columns
    FROM information_schema.columns WHERE table_schema = current_schema() AND table_name IN (
        SELECT table_name FROM information_schema.columns
        WHERE table_schema = current_schema() AND column_name LIKE '%\\_key' AND data_type = 'bigint'
    ) GROUP BY table_name
"""


class PostgresqlKeyRotationStore:
    """A `KeyRotationStore` on a PostgreSQL database.

    Args:
        generation: says under how many keys the numbers are that are given to the store.
    """

    def __init__(self, database: Database, generation: Callable[[], int]) -> None:
        self._database = database
        self._generation = generation

    async def generation(self) -> tuple[int, Phase]:
        """How many keys have been in use, and what is being done about the next one."""
        [row] = await self._database.read("SELECT generation, phase FROM number_key_state")
        return row["generation"], Phase(row["phase"])

    async def state(self) -> KeyState:
        """How far it is."""
        [row] = await self._database.read(
            "SELECT generation, phase, (SELECT count(*) FROM books) AS total,"
            " (SELECT count(*) FROM books_to_copy JOIN books USING (device)) AS to_copy FROM number_key_state"
        )
        copied = row["total"] - row["to_copy"] if row["phase"] == Phase.COPYING else 0
        return KeyState(row["generation"], Phase(row["phase"]), copied, row["total"])

    async def confirm(self, checks: Sequence[bytes]) -> bool:
        """Whether the keys, the oldest first, are those of the database; of the first one, who is first says it."""
        await self._database.write(
            "INSERT INTO number_key_checks (generation, key_check) VALUES (1, $1) ON CONFLICT DO NOTHING", checks[0]
        )
        rows = await self._database.read("SELECT generation, key_check FROM number_key_checks")
        return all(checks[row["generation"] - 1 : row["generation"]] == [row["key_check"]] for row in rows)

    async def begin(self, check: bytes) -> None:
        """Has all books copied, from SETTLED; else it has begun."""
        if await self._database.change_under_locks(partial(self._begin, check)):
            await self._database.change_under_locks(_mark_books)

    async def copy_books(self, rekey: Rekey) -> int:
        """Copies a few books under the next key; returns how many are left. Books that change come again."""

        async def work(connection: Connection) -> int:
            await connection.execute("SELECT under_keys($1)", self._generation())
            await _copy_some(rekey, connection)
            return int(await connection.fetchval(_LEFT))

        return await self._database.change_under_locks(work)

    async def finish(self, rekey: Rekey) -> None:
        """Takes the copies into use and puts everything else under the next key, all at once."""
        await self._database.change_under_locks(partial(self._finish, rekey))

    async def clear(self) -> None:
        """Deletes, after `finish`, what was stored under the key before.

        What is left of it in the pages of the devices is overwritten as they are filled again.
        """
        await self._database.change_under_locks(_clear)
        await self._database.vacuum("devices", "books", "postings", "blocks")

    async def _begin(self, check: bytes, connection: Connection) -> bool:
        """Has each book that changes from now on copied; returns whether those that are there are to be marked, too."""
        await _lock(("number_key_state",), connection)  # every transaction that changes a book has it open
        await connection.execute("SELECT under_keys($1)", self._generation())
        [(phase, marked)] = await connection.fetch("SELECT phase, marked FROM number_key_state")
        if phase == Phase.SETTLED:
            await connection.execute("DELETE FROM books_to_copy")
            await connection.execute("UPDATE number_key_state SET phase = $1, marked = false", Phase.COPYING)
            await connection.execute(
                "INSERT INTO number_key_checks (generation, key_check) SELECT generation + 1, $1 FROM number_key_state",
                check,
            )
            return True
        return phase == Phase.COPYING and not marked

    async def _finish(self, rekey: Rekey, connection: Connection) -> None:
        tables = {row["table_name"]: row["columns"] for row in await connection.fetch(_COLUMNS)}
        twins = [f"{table}_next" for table in _SWAPPED]
        await _lock(("number_key_state", "books_to_copy", *_SWAPPED, *twins, *tables), connection)
        # Only now: whoever was faster has done it.
        await connection.execute("SELECT under_keys($1)", self._generation())
        if await connection.fetchval("SELECT phase FROM number_key_state") != Phase.COPYING:
            return
        while await _copy_some(rekey, connection):
            pass
        for table in _SWAPPED:
            await connection.execute(
                f"ALTER TABLE {table} RENAME TO {table}_before; ALTER TABLE {table}_next RENAME TO {table};"
                f"ALTER TABLE {table}_before RENAME TO {table}_next"
            )
        others = {name: columns for name, columns in tables.items() if name not in (*_SWAPPED, *twins)}
        await _map_numbers(others, rekey, connection)
        for name, columns in others.items():
            await _rewrite(name, columns, connection)
        await connection.execute("UPDATE number_key_state SET generation = generation + 1, phase = $1", Phase.CLEARING)


async def _lock(tables: Iterable[str], connection: Connection) -> None:
    """Waits until nobody uses the tables, and keeps everybody away from them until the transaction ends."""
    await connection.execute(
        f"SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = '{_LOCK_PATIENCE}';"
        f"LOCK TABLE {', '.join(dict.fromkeys(tables))} IN ACCESS EXCLUSIVE MODE; SET LOCAL lock_timeout = 0"
    )


async def _mark_books(connection: Connection) -> None:
    """Has the books copied that were there before."""
    await connection.execute("SET LOCAL statement_timeout = 0")
    mark = "INSERT INTO books_to_copy (device) SELECT device FROM books ON CONFLICT DO NOTHING"
    await connection.execute(mark, timeout=_LONG)
    await connection.execute("UPDATE number_key_state SET marked = true WHERE phase = $1", Phase.COPYING)


async def _copy_some(rekey: Rekey, connection: Connection) -> int:
    """Copies some books; returns how many devices were looked at."""
    taken = [row["device"] for row in await connection.fetch(_TAKE_SOME, _BOOKS_AT_ONCE)]
    for row in await connection.fetch(_BOOKS, taken):
        book = postgresql_books.unpack(row)
        rekeyed = PackedContacts.pack((rekey(number), contact_id) for number, contact_id in book.pairs())
        await postgresql_books.store_copy(row["device"], rekeyed, connection)
    return len(taken)


async def _map_numbers(tables: dict[str, list[str]], rekey: Rekey, connection: Connection) -> None:
    """Says in a table, for the transaction, what each number becomes that stands in one of the tables."""
    await connection.execute(
        "CREATE TEMPORARY TABLE rekeyed (number bigint PRIMARY KEY, next bigint NOT NULL) ON COMMIT DROP"
    )
    numbers = " UNION ".join(
        f"SELECT {key} FROM {table}" for table, columns in tables.items() for key in _keys(columns)
    )
    # By hand: asyncpg closes a cursor with the transaction, and a table that one reads cannot be written anew.
    await connection.execute(f"DECLARE numbers CURSOR FOR {numbers}", timeout=_LONG)
    while rows := await connection.fetch(f"FETCH {_NUMBERS_AT_ONCE} FROM numbers", timeout=_LONG):
        await connection.copy_records_to_table("rekeyed", records=[(number, rekey(number)) for (number,) in rows])
    await connection.execute("CLOSE numbers")
    await connection.execute("ANALYZE rekeyed")


async def _rewrite(table: str, columns: Sequence[str], connection: Connection) -> None:
    """Puts the numbers of a table under the next key.

    All but the devices, which others refer to, is written anew: the files with the numbers as they were are gone.
    """
    changed = {column: f"(SELECT next FROM rekeyed WHERE number = {column})" for column in _keys(columns)}
    if table == "devices":
        assignments = ", ".join(f"{column} = {value}" for column, value in changed.items())
        await connection.execute(f"UPDATE {table} SET {assignments}", timeout=_LONG)
        return
    values = ", ".join(f"{changed[column]} AS {column}" if column in changed else column for column in columns)
    for statement in (
        f"CREATE TEMPORARY TABLE rewritten ON COMMIT DROP AS SELECT {values} FROM {table}",
        f"TRUNCATE {table}",
        f"INSERT INTO {table} ({', '.join(columns)}) SELECT * FROM rewritten",
        "DROP TABLE rewritten",
    ):
        await connection.execute(statement, timeout=_LONG)


async def _clear(connection: Connection) -> None:
    # Not when another copy was faster: it may have begun with the next key since, and what is there is in use.
    if await connection.fetchval("SELECT 1 FROM number_key_state WHERE phase = $1 FOR UPDATE", Phase.CLEARING):
        await connection.execute("TRUNCATE books_next, postings_next, books_to_copy")
        await connection.execute("UPDATE number_key_state SET phase = $1", Phase.SETTLED)


def _keys(columns: Sequence[str]) -> list[str]:
    """The columns that hold numbers: a name that ends in `_key` says so."""
    return [column for column in columns if column.endswith("_key")]
