"""The stores of AppDownload on the engine that a test asks for."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.support.postgresql_server import PostgresqlServer
from tests.support.stores import emptied_schema

from appshare.app_download.stores.opening import Stores, opened_stores
from appshare.app_download.stores.postgresql import MIGRATIONS
from appshare.postgresql.database import Database

SCHEMA = "app_download"
ENGINES = ["sqlite", "postgresql"]


@asynccontextmanager
async def emptied(server: PostgresqlServer) -> AsyncIterator[Database]:
    """The schema of AppDownload without rows."""
    async with emptied_schema(server, SCHEMA, MIGRATIONS) as database:
        yield database


@asynccontextmanager
async def opened(folder: Path, server: PostgresqlServer | None) -> AsyncIterator[Stores]:
    """The stores in a folder, or on a server with what they have there."""
    async with opened_stores(folder, server.url if server else "", connections=4) as stores:
        yield stores
