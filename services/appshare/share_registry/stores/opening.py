"""Which engine keeps ShareRegistry's data."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from appshare.process.data_folder import owned_folder
from appshare.process.store_size import measured_database
from appshare.share_registry.store import RegistryStore
from appshare.share_registry.stores import sqlite
from appshare.sqlite import database as sqlite_database

_SERVICE = "share-registry"
_SCHEMA = "share_registry"


@asynccontextmanager
async def opened_store(data: Path, url: str, connections: int) -> AsyncIterator[RegistryStore]:
    """Opens the store; with SQLite for this process alone, with PostgreSQL beside other copies.

    Args:
        data: folder of all services, for SQLite.
        url: of PostgreSQL, `postgresql://…`; empty: SQLite.
        connections: to PostgreSQL at most.

    Raises:
        errors.UnavailableError: STORAGE_UNAVAILABLE.
        OSError: the folder cannot be used, or another process uses it.
    """
    if not url:
        with owned_folder(data / _SERVICE) as folder:
            async with sqlite_database.open_database(folder / "share_registry.db", sqlite.MIGRATIONS) as database:
                yield sqlite.SqliteRegistryStore(database)
        return
    # asyncpg is loaded where it is needed.
    from appshare.postgresql.database import Limits, open_database  # noqa: PLC0415
    from appshare.share_registry.stores.postgresql import MIGRATIONS, PostgresqlRegistryStore  # noqa: PLC0415

    async with (
        open_database(url, _SCHEMA, MIGRATIONS, Limits(connections)) as schema,
        measured_database(_SERVICE, schema.size),
    ):
        yield PostgresqlRegistryStore(schema)
