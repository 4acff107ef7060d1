"""The engine that keeps RelationRadar's data: SQLite in the data folder, or PostgreSQL when a URL says so."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from appshare.process.data_folder import owned_folder
from appshare.process.store_size import measured_database
from appshare.relation_radar.block_store import BlockStore
from appshare.relation_radar.friendship_change_store import FriendshipChangeStore
from appshare.relation_radar.key_file import KeyFile
from appshare.relation_radar.key_rotation import KeyRotation, open_number_keys
from appshare.relation_radar.numbers import NumberKeys
from appshare.relation_radar.settings import RadarSettings
from appshare.relation_radar.store import RadarStore
from appshare.relation_radar.stores import sqlite
from appshare.relation_radar.stores.sqlite_blocks import SqliteBlockStore
from appshare.relation_radar.stores.sqlite_friendship_changes import SqliteFriendshipChangeStore
from appshare.relation_radar.stores.sqlite_key_rotation import SqliteKeyRotationStore
from appshare.sqlite import database as sqlite_database

_SCHEMA = "relation_radar"
_FOLDER = "relation-radar"
_KEY_FILE = "number.key"


@dataclass(frozen=True, slots=True)
class Stores:
    """All stores, and the keys under which the numbers are in them."""

    radar: RadarStore
    blocks: BlockStore
    changes: FriendshipChangeStore
    number_keys: NumberKeys
    rotation: KeyRotation


@asynccontextmanager
async def open_stores(settings: RadarSettings) -> AsyncIterator[Stores]:
    """Opens the stores: with SQLite for this process alone, with PostgreSQL beside other copies of the service.

    Raises:
        errors.UnavailableError: STORAGE_UNAVAILABLE, also when the keys of the numbers are others.
        OSError: the folder or the file of the keys cannot be used, or with SQLite, another process uses it.
    """
    folder = settings.data / _FOLDER
    url = settings.database.get_secret_value()
    stores = _open_postgresql(url, settings.database_connections, folder) if url else _open_sqlite(folder)
    async with stores as opened:
        yield opened


@asynccontextmanager
async def _open_sqlite(path: Path) -> AsyncIterator[Stores]:
    with owned_folder(path) as folder:
        async with sqlite_database.open_database(folder / "relation_radar.db", sqlite.MIGRATIONS) as database:
            keys, rotation = await open_number_keys(SqliteKeyRotationStore(database), KeyFile(folder / _KEY_FILE))
            blocks, changes = SqliteBlockStore(database), SqliteFriendshipChangeStore(database)
            yield Stores(sqlite.SqliteRadarStore(database), blocks, changes, keys, rotation)


@asynccontextmanager
async def _open_postgresql(url: str, connections: int, folder: Path) -> AsyncIterator[Stores]:
    """The folder holds the keys; other copies of the service may share it, and it is not locked."""
    # asyncpg is loaded where it is needed.
    from appshare.postgresql.database import Limits, open_database  # noqa: PLC0415
    from appshare.relation_radar.stores import postgresql  # noqa: PLC0415
    from appshare.relation_radar.stores.postgresql_blocks import PostgresqlBlockStore  # noqa: PLC0415
    from appshare.relation_radar.stores.postgresql_friendship_changes import (  # noqa: PLC0415
        PostgresqlFriendshipChangeStore,
    )
    from appshare.relation_radar.stores.postgresql_key_rotation import PostgresqlKeyRotationStore  # noqa: PLC0415

    async with open_database(url, _SCHEMA, postgresql.MIGRATIONS, Limits(connections)) as database:

        def generation() -> int:
            return len(keys.secrets)

        store = PostgresqlKeyRotationStore(database, generation)
        keys, rotation = await open_number_keys(store, KeyFile(folder / _KEY_FILE))
        radar, blocks = (
            postgresql.PostgresqlRadarStore(database, generation),
            PostgresqlBlockStore(database, generation),
        )
        async with measured_database(_FOLDER, database.size):
            yield Stores(radar, blocks, PostgresqlFriendshipChangeStore(database), keys, rotation)
