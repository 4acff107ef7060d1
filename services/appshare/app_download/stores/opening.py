"""Which engine keeps AppDownload's data."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from appshare.app_download.decision_store import DecisionStore
from appshare.app_download.leases import Leases, LocalLeases
from appshare.app_download.store import CatalogueStore
from appshare.app_download.stores import sqlite
from appshare.app_download.stores.sqlite_decisions import SqliteDecisionStore
from appshare.app_download.stores.sqlite_upstreams import SqliteUpstreamStore
from appshare.app_download.upstreams.store import UpstreamStore
from appshare.bus.bus import Bus
from appshare.sqlite import database as sqlite_database

_SCHEMA = "app_download"


@dataclass(frozen=True, slots=True)
class Stores:
    """All that AppDownload keeps besides the files, in one database."""

    catalogue: CatalogueStore
    decisions: DecisionStore
    upstreams: UpstreamStore
    leases: Leases


@asynccontextmanager
async def opened_stores(folder: Path, url: str, connections: int, bus: Bus | None = None) -> AsyncIterator[Stores]:
    """Opens the stores; with PostgreSQL beside other copies.

    Args:
        folder: for SQLite, of this process alone.
        url: of PostgreSQL, `postgresql://…`; empty: SQLite.
        connections: to PostgreSQL at most.
        bus: to the other copies; None: there is none.

    Raises:
        errors.UnavailableError: STORAGE_UNAVAILABLE.
    """
    if not url:
        async with sqlite_database.open_database(folder / "app_download.db", sqlite.MIGRATIONS) as database:
            yield Stores(
                sqlite.SqliteCatalogueStore(database),
                SqliteDecisionStore(database),
                SqliteUpstreamStore(database),
                LocalLeases(),
            )
        return
    # asyncpg is loaded where it is needed.
    from appshare.app_download.stores.postgresql import MIGRATIONS, PostgresqlCatalogueStore  # noqa: PLC0415
    from appshare.app_download.stores.postgresql_decisions import PostgresqlDecisionStore  # noqa: PLC0415
    from appshare.app_download.stores.postgresql_leases import PostgresqlLeases  # noqa: PLC0415
    from appshare.app_download.stores.postgresql_upstreams import PostgresqlUpstreamStore  # noqa: PLC0415
    from appshare.postgresql.database import Limits, open_database  # noqa: PLC0415

    async with open_database(url, _SCHEMA, MIGRATIONS, Limits(connections)) as schema:
        yield Stores(
            PostgresqlCatalogueStore(schema),
            PostgresqlDecisionStore(schema),
            PostgresqlUpstreamStore(schema),
            PostgresqlLeases(schema, bus),
        )
