"""RelationRadar's stores on either engine, as the contract tests take them."""

import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from tests.support.stores import empty, on_postgresql

from appshare.postgresql import database as postgresql_database
from appshare.relation_radar.block_store import BlockStore
from appshare.relation_radar.friendship_change_store import FriendshipChangeStore
from appshare.relation_radar.key_rotation_store import KeyRotationStore
from appshare.relation_radar.store import RadarStore
from appshare.relation_radar.stores import postgresql, sqlite
from appshare.relation_radar.stores.postgresql_blocks import PostgresqlBlockStore
from appshare.relation_radar.stores.postgresql_friendship_changes import PostgresqlFriendshipChangeStore
from appshare.relation_radar.stores.postgresql_key_rotation import PostgresqlKeyRotationStore
from appshare.relation_radar.stores.sqlite_blocks import SqliteBlockStore
from appshare.relation_radar.stores.sqlite_friendship_changes import SqliteFriendshipChangeStore
from appshare.relation_radar.stores.sqlite_key_rotation import SqliteKeyRotationStore
from appshare.sqlite import database as sqlite_database

_SCHEMA = "test_relation_radar"

ENGINES = ("sqlite", "postgresql")
CHOSEN = "postgresql" if on_postgresql() else "sqlite"
"""For tests of what is above the stores: on the other engine they would show the same once more."""

Generation = Callable[[], int]


@dataclass
class RadarStores:
    """The stores of one database.

    Attributes:
        engine: sqlite or postgresql.
        read: all rows of a query without values.
        write: runs a statement without values.
        read_only: while it is open, nothing can be written.
        files: what is on the disk.
        url: of PostgreSQL.
    """

    engine: str
    database: Any
    radar: RadarStore
    blocks: BlockStore
    changes: FriendshipChangeStore
    rotation: KeyRotationStore
    read: Callable[[str], Awaitable[list[tuple[Any, ...]]]]
    write: Callable[[str], Awaitable[None]]
    read_only: Callable[[], AbstractAsyncContextManager[None]]
    files: Callable[[], Awaitable[bytes]]
    url: str = ""

    async def tables(self) -> list[str]:
        """The names of the tables."""
        query = {
            "sqlite": "SELECT name FROM sqlite_schema WHERE type = 'table'",
            "postgresql": "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()",
        }
        return [name for (name,) in await self.read(query[self.engine])]

    async def columns(self, table: str) -> list[str]:
        """The names of a table's columns."""
        query = {
            "sqlite": f"SELECT name FROM pragma_table_info('{table}')",  # noqa: S608 - a name of a test
            "postgresql": "SELECT column_name FROM information_schema.columns"  # noqa: S608 - as above
            f" WHERE table_schema = current_schema() AND table_name = '{table}' ORDER BY ordinal_position",
        }
        return [name for (name,) in await self.read(query[self.engine])]


OpenRadarStores = Callable[[], AbstractAsyncContextManager[RadarStores]]


def opener(request: pytest.FixtureRequest, folder: Path, engine: str) -> OpenRadarStores:
    """Opens the same stores again and again, as a process does that is started anew; empty at first."""
    if engine != "postgresql":
        return lambda: sqlite_stores(folder)
    server, first = request.getfixturevalue("postgresql"), True

    @asynccontextmanager
    async def open_again() -> AsyncIterator[RadarStores]:
        nonlocal first
        async with postgresql_stores(server.url) as stores:
            if first:
                await emptied(stores)
            first = False
            yield stores

    return open_again


@asynccontextmanager
async def sqlite_stores(folder: Path) -> AsyncIterator[RadarStores]:
    """Opens the stores of a folder."""
    path = folder / "radar.db"
    async with sqlite_database.open_database(path, sqlite.MIGRATIONS) as database:

        async def read(sql: str) -> list[tuple[Any, ...]]:
            return [tuple(row) for row in await database.read(sql)]

        async def write(sql: str) -> None:
            async with database.transaction() as transaction:
                await transaction.write(sql)

        @asynccontextmanager
        async def read_only() -> AsyncIterator[None]:
            await database._writer.execute_fetchall("PRAGMA query_only = ON")
            yield
            await database._writer.execute_fetchall("PRAGMA query_only = OFF")

        async def files() -> bytes:
            return b"".join(file.read_bytes() for file in sorted(folder.glob("radar.db*")))

        yield RadarStores(
            "sqlite",
            database,
            sqlite.SqliteRadarStore(database),
            SqliteBlockStore(database),
            SqliteFriendshipChangeStore(database),
            SqliteKeyRotationStore(database),
            read,
            write,
            read_only,
            files,
        )


@asynccontextmanager
async def postgresql_stores(
    url: str, generation: Generation = lambda: 1, connections: int = 4
) -> AsyncIterator[RadarStores]:
    """Opens the stores of a database.

    Args:
        generation: under how many keys the numbers are that the stores are given.
    """
    limits = postgresql_database.Limits(connections)
    async with postgresql_database.open_database(url, _SCHEMA, postgresql.MIGRATIONS, limits) as database:

        async def read(sql: str) -> list[tuple[Any, ...]]:
            return [tuple(row) for row in await database.read(sql)]

        async def write(sql: str) -> None:
            await database.write(sql)

        @asynccontextmanager
        async def read_only() -> AsyncIterator[None]:
            await _make_read_only(url, "on")
            await database._pool.expire_connections()
            yield
            await _make_read_only(url, "off")
            await database._pool.expire_connections()

        async def files() -> bytes:
            await _checkpoint(database)
            rows = await database.read(
                "SELECT pg_read_binary_file(pg_relation_filepath(oid)) FROM pg_class"
                " WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'i')"
            )
            return b"".join(content for (content,) in rows)

        yield RadarStores(
            "postgresql",
            database,
            postgresql.PostgresqlRadarStore(database, generation),
            PostgresqlBlockStore(database, generation),
            PostgresqlFriendshipChangeStore(database),
            PostgresqlKeyRotationStore(database, generation),
            read,
            write,
            read_only,
            files,
            url,
        )


async def emptied(stores: RadarStores) -> None:
    """Makes a PostgreSQL schema as it is when it was just made."""
    await empty(stores.database)
    await stores.write("INSERT INTO number_key_state (generation, phase, marked) VALUES (1, 'settled', false)")


def dump(path: Path) -> list[str]:
    """An SQLite database as SQL."""
    with closing(sqlite3.connect(path)) as connection:
        return list(connection.iterdump())


async def _checkpoint(database: postgresql_database.Database) -> None:
    async with database._pool.acquire() as connection:
        await connection.execute("CHECKPOINT")


async def _make_read_only(url: str, value: str) -> None:
    connection = await asyncpg.connect(url, server_settings={"default_transaction_read_only": "off"})
    await connection.execute(f"ALTER DATABASE postgres SET default_transaction_read_only = {value}")
    await connection.close()
