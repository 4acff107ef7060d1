"""Where services keep their data while they are measured: SQLite in a folder, or a PostgreSQL server beside it."""

import sqlite3
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import process_time

import asyncpg
from tests.support.postgresql_server import PostgresqlServer, running_postgresql

from benchmarks.served import Served

SQLITE, POSTGRESQL = ENGINES = ("sqlite", "postgresql")

_SIZE = (
    "SELECT coalesce(sum(pg_total_relation_size(pg_class.oid)), 0)::bigint FROM pg_class"
    " JOIN pg_namespace ON pg_namespace.oid = relnamespace"
    " WHERE relkind = 'r' AND nspname !~ '^pg_' AND nspname <> 'information_schema'"
)


@dataclass(frozen=True)
class Storage:
    """Where services keep their data.

    Attributes:
        folder: for whatever a measurement keeps beside it.
        url: of a database of PostgreSQL; empty: SQLite in the data folder.
        database: the server of that.
    """

    folder: Path
    url: str = ""
    database: Served | None = None

    @property
    def engine(self) -> str:
        """One of `ENGINES`."""
        return POSTGRESQL if self.url else SQLITE

    @property
    def data(self) -> Path:
        """The data folder of the services."""
        return self.folder / "data"

    @property
    def environment(self) -> Mapping[str, str]:
        """What tells a server process of it, besides its data folder."""
        return {"APPSHARE_DATABASE": self.url}

    def processor_time(self) -> float:
        """Seconds that this process and the database's have used."""
        return process_time() + (self.database.processor_time() if self.database else 0.0)

    async def settle(self) -> None:
        """Does what an engine does by itself after a while: it counts what it plans by, and empties its log."""
        if self.url:
            connection = await asyncpg.connect(self.url)
            # One that is empty the engine would leave alone, and a plan made for it then is not one for many rows.
            for table in await connection.fetch(
                "SELECT relid::regclass::text FROM pg_stat_user_tables WHERE n_live_tup > 0"
            ):
                await connection.execute(f"VACUUM (ANALYZE) {table['relid']}")
            await connection.execute("CHECKPOINT")
            await connection.close()
        for path in self.data.rglob("*.db"):
            with closing(sqlite3.connect(path)) as file:
                file.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    async def size(self) -> int:
        """Bytes on the disk."""
        if not self.url:
            return sum(path.stat().st_size for path in self.data.rglob("*.db*"))
        connection = await asyncpg.connect(self.url)
        size: int = await connection.fetchval(_SIZE)
        await connection.close()
        return size


@contextmanager
def storage(engine: str, server: PostgresqlServer | None = None) -> Iterator[Storage]:
    """An empty one.

    Args:
        server: which is to have the database; None: one that is started for it.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        (folder / "data").mkdir()
        if engine == SQLITE:
            yield Storage(folder)
            return
        server = server or stack.enter_context(running_postgresql(durable=True))
        url = stack.enter_context(server.fresh_database())
        yield Storage(folder, url, Served(url, server.process_id))
