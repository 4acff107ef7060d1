"""The end of a move that is PostgreSQL: a schema that is filled beside the one in use, and put into its place."""

import json
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from typing import Any

import asyncpg

from appshare.moving.layout import Layout, Table
from appshare.moving.rows import BATCH, Adding, Column, Content, Row, batches, to_sqlite
from appshare.moving.trouble import MoveError
from appshare.postgresql.migrations import migrate

_STATEMENT_PATIENCE = 24 * 3600.0
"""Seconds: whole tables are read and written here, while nobody waits."""


@dataclass(frozen=True)
class Record:
    """What a schema says of the move that has filled it, in its comment.

    Attributes:
        source: of which deployment; empty: nobody has moved anything here.
        contents: of the tables, by name, as they were then.
    """

    source: str = ""
    contents: Mapping[str, Content] | None = None


class PostgresqlEnd:
    """One schema of the database."""

    def __init__(self, connection: asyncpg.Connection, schema: str) -> None:
        self._connection = connection
        self.schema = schema

    async def exists(self) -> bool:
        """Whether the schema is there."""
        return bool(await self._connection.fetchval("SELECT to_regnamespace(quote_ident($1)) IS NOT NULL", self.schema))

    async def in_use(self) -> bool:
        """Whether a service is connected to the schema."""
        query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = $1"
        return bool(await self._connection.fetchval(query, f"appshare {self.schema}"))

    async def require_ready(self, layout: Layout) -> None:
        """Refuses to move what is being changed over a longer time.

        Raises:
            MoveError: with what to do about it.
        """
        await self._look_here()
        if layout.unready and await self._connection.fetchval(f"SELECT EXISTS ({layout.unready[0]})"):
            raise MoveError(layout.unready[1])

    async def make_anew(self, layout: Layout) -> None:
        """Makes the schema, with the tables of this version and nothing in them; what was there is gone.

        Raises:
            errors.UnavailableError: STORAGE_UNAVAILABLE.
        """
        await self._connection.execute(f'DROP SCHEMA IF EXISTS "{self.schema}" CASCADE; CREATE SCHEMA "{self.schema}"')
        await self._look_here()
        await migrate(self._connection, self.schema, layout.postgresql_migrations)
        for table in layout.tables:
            if table.filled:
                await self._connection.execute(f'DELETE FROM "{table.name}"')

    async def require_known(self, layout: Layout) -> None:
        """Refuses a schema of another version; one of an older one gets what it lacks.

        Raises:
            errors.UnavailableError: STORAGE_UNAVAILABLE, it is of a newer version.
        """
        await self._look_here()
        await migrate(self._connection, self.schema, layout.postgresql_migrations)

    async def columns(self, table: Table) -> list[Column]:
        """The columns of a table that are moved."""
        found = await self._connection.fetch(
            "SELECT column_name::text, udt_name::text FROM information_schema.columns"
            " WHERE table_schema = $1 AND table_name = $2 ORDER BY ordinal_position",
            self.schema,
            table.name,
        )
        return [Column(name, kind) for name, kind in found if name not in table.assigned]

    async def put(self, table: Table, columns: Sequence[Column], rows: Iterable[Row], adding: Adding) -> None:
        """Puts rows into a table, and adds them up."""
        for batch in batches(rows):
            for row in batch:
                adding.add(row)
            await self._connection.copy_records_to_table(
                table.name, schema_name=self.schema, columns=[column.name for column in columns], records=batch
            )

    async def content(self, table: Table, columns: Sequence[Column]) -> Content:
        """What a table holds."""
        adding = Adding()
        async for row in self.rows(f'SELECT {_names(columns)} FROM "{self.schema}"."{table.name}"'):
            adding.add(tuple(row))
        return adding.content()

    async def grouped(self, table: Table, columns: Sequence[Column]) -> AsyncIterator[dict[str, Any]]:
        """The rows of a table as SQLite has them, by column."""
        await self._look_here()
        async for row in self.rows(table.grouped or f'SELECT {_names(columns)} FROM "{table.name}"'):
            yield to_sqlite(dict(row), columns)

    async def rows(self, query: str) -> AsyncIterator[asyncpg.Record]:
        """The rows of a query, some at a time."""
        async with self._connection.transaction():
            async for row in self._connection.cursor(query, prefetch=BATCH):
                yield row

    async def is_empty(self, layout: Layout) -> bool:
        """Whether there is nothing but what every schema has."""
        for table in layout.tables:
            query = f'SELECT EXISTS (SELECT FROM "{self.schema}"."{table.name}")'
            if not table.filled and await self._connection.fetchval(query):
                return False
        return True

    async def contents(self, layout: Layout) -> dict[str, Content]:
        """What all tables hold."""
        return {table.name: await self.content(table, await self.columns(table)) for table in layout.tables}

    async def count_from(self, sequence: str, number: int) -> None:
        """Lets a sequence go on behind a number; 0: from the beginning."""
        await self._connection.execute("SELECT setval($1::regclass, $2, $3)", sequence, max(number, 1), number > 0)

    async def counted(self, sequence: str) -> int:
        """The highest number that a sequence has given; 0: none."""
        query = f"SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM {sequence}"
        return int(await self._connection.fetchval(query))

    async def sequence_of(self, table: Table) -> str:
        """The name of the sequence behind a table's counter."""
        name = f'"{self.schema}"."{table.name}"'
        return str(await self._connection.fetchval("SELECT pg_get_serial_sequence($1, $2)", name, table.counter))

    async def record(self) -> Record:
        """What the schema says of the last move."""
        query = "SELECT obj_description(to_regnamespace(quote_ident($1)), 'pg_namespace')"
        text = await self._connection.fetchval(query, self.schema)
        try:
            said = json.loads(text or "")
            contents = {name: Content(**content) for name, content in said["contents"].items()}
            return Record(said["source"], contents)
        except (ValueError, KeyError, TypeError, AttributeError):
            return Record()  # a comment of somebody else's, or none

    async def write_record(self, record: Record) -> None:
        """Lets the schema say so."""
        contents = {name: asdict(content) for name, content in (record.contents or {}).items()}
        text = json.dumps({"source": record.source, "contents": contents}).replace("'", "''")
        await self._connection.execute(f"COMMENT ON SCHEMA \"{self.schema}\" IS '{text}'")

    async def take_the_place_of(self, other: "PostgresqlEnd") -> None:
        """Gives this schema the name of another, which is gone then: both, or nothing.

        Raises:
            MoveError: a service uses the other.
        """
        await self._connection.execute("ANALYZE")
        async with self._connection.transaction():
            if await other.in_use():
                raise MoveError(f"a service uses the schema {other.schema}: stop the services on PostgreSQL first")
            await self._connection.execute(f'DROP SCHEMA IF EXISTS "{other.schema}" CASCADE')
            await self._connection.execute(f'ALTER SCHEMA "{self.schema}" RENAME TO "{other.schema}"')

    async def _look_here(self) -> None:
        await self._connection.execute("SELECT set_config('search_path', $1, false)", f'"{self.schema}"')


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection for a move.

    Raises:
        MoveError: the database does not answer, or refuses.
    """
    settings = {"application_name": "appshare-admin migrate", "statement_timeout": "0"}
    try:
        connection = await asyncpg.connect(url, server_settings=settings, command_timeout=_STATEMENT_PATIENCE)
    except (OSError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        # Not the driver's message: it may hold the URL, and with it the password.
        raise MoveError(
            f"PostgreSQL cannot be reached ({type(error).__name__}): look at its address, name and password"
        ) from None
    try:
        yield connection
    finally:
        await connection.close()


def _names(columns: Sequence[Column]) -> str:
    return ", ".join(f'"{column.name}"' for column in columns)
