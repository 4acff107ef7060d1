"""The engines that keep what tests store: SQLite, and PostgreSQL where that is cheap or asked for."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from importlib.resources import files
from importlib.resources.abc import Traversable

from tests.support.postgresql_server import PostgresqlServer

from appshare.postgresql.database import Database, open_database

_CHOICE = "APPSHARE_TEST_STORE"
"""The variable that says where clouds and processes that tests start keep their data: sqlite, or postgresql."""

_LAYOUTS = {
    "relation_radar": files("appshare.relation_radar") / "migrations" / "postgresql",
    "share_registry": files("appshare.share_registry") / "migrations" / "postgresql",
    "app_download": files("appshare.app_download") / "migrations" / "postgresql",
    "gateway": files("appshare.gateway") / "migrations",
}
"""The migrations of each schema."""


def on_postgresql() -> bool:
    """Whether the clouds and processes that tests start keep their data in PostgreSQL.

    Raises:
        ValueError: the variable is wrong; nobody shall believe that the other engine was tested.
    """
    chosen = os.environ.get(_CHOICE) or "sqlite"
    if chosen not in ("sqlite", "postgresql", "postgres"):
        raise ValueError(f"{_CHOICE} is {chosen}: it can be sqlite or postgresql")
    return chosen != "sqlite"


@contextmanager
def laid_out_database(server: PostgresqlServer) -> Iterator[str]:
    """The name of a database with all tables and no rows, to be copied: quicker than to make them for each cloud."""
    with server.fresh_database() as url:
        asyncio.run(_lay_out(url))
        yield url.rpartition("/")[2]


async def _lay_out(url: str) -> None:
    for schema, migrations in _LAYOUTS.items():
        async with open_database(url, schema, migrations):
            pass


@contextmanager
def store_environment(server: PostgresqlServer, template: str) -> Iterator[Mapping[str, str]]:
    """The variables by which processes keep their data in a database of their own, without rows, dropped in the end.

    Args:
        template: the database that is copied.
    """
    with server.fresh_database(template) as url:
        yield {"APPSHARE_DATABASE": url}


@asynccontextmanager
async def emptied_schema(server: PostgresqlServer, schema: str, migrations: Traversable) -> AsyncIterator[Database]:
    """A schema without rows: made by the first test of a worker that takes it, and only emptied for the others."""
    async with open_database(server.url, schema, migrations) as database:
        await empty(database)
        yield database


async def empty(database: Database) -> None:
    """Removes all rows of a schema; of the few that a test leaves, to delete them is quicker than to truncate."""
    tables = await database.read(
        "SELECT tablename FROM pg_tables WHERE schemaname = current_schema() AND tablename <> 'migrations'"
    )
    deletions = "; ".join(f'DELETE FROM "{row["tablename"]}"' for row in tables)  # noqa: S608
    async with database.transaction() as connection:
        # References are not followed, so that the order does not matter.
        await connection.execute(f"SET LOCAL session_replication_role = replica; {deletions}")


async def rows_with(database: Database, text: str) -> list[str]:
    """The tables that have a text somewhere in their rows."""
    tables = await database.read("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")
    found = []
    for [table] in tables:
        if await database.read(f'SELECT FROM "{table}" AS row WHERE strpos(row::text, $1) > 0', text):
            found.append(table)
    return found
