"""A service's schema in a real PostgreSQL server."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from tests.support.postgresql_server import PostgresqlServer, missing, running_postgresql

from appshare import errors
from appshare.postgresql.database import Connection, Database, Limits, alone_with, open_database

FRUIT = "CREATE TABLE fruit (name text PRIMARY KEY, count bigint NOT NULL);"


@pytest.fixture
def schema() -> str:
    return f"test_{uuid4().hex}"


@pytest.fixture
def migrations(tmp_path: Path) -> Path:
    (tmp_path / "0001_fruit.sql").write_text(FRUIT, encoding="utf-8")
    (tmp_path / "0002_pear.sql").write_text("INSERT INTO fruit VALUES ('pear', 0);", encoding="utf-8")
    return tmp_path


@pytest.fixture
async def database(postgresql: PostgresqlServer, schema: str, migrations: Path) -> AsyncIterator[Database]:
    async with open_database(postgresql.url, schema, migrations) as database:
        yield database


async def test_copies_that_start_together_migrate_once(
    postgresql: PostgresqlServer, schema: str, migrations: Path
) -> None:
    async def open_one() -> list[Any]:
        async with open_database(postgresql.url, schema, migrations) as database:
            return [tuple(row) for row in await database.read("SELECT name, count FROM fruit")]

    assert await asyncio.gather(*(open_one() for _ in range(5))) == [[("pear", 0)]] * 5


async def test_a_migration_takes_longer_than_a_statement_may(
    postgresql: PostgresqlServer, schema: str, migrations: Path
) -> None:
    (migrations / "0003_slow.sql").write_text("SELECT pg_sleep(1);", encoding="utf-8")
    async with open_database(postgresql.url, schema, migrations, Limits(statement_seconds=0.2)) as database:
        assert len(await database.read("SELECT FROM migrations")) == 3


async def test_a_migration_that_fails_leaves_nothing_and_those_before_it_stay(
    postgresql: PostgresqlServer, schema: str, migrations: Path
) -> None:
    broken = migrations / "0003_broken.sql"
    broken.write_text("INSERT INTO fruit VALUES ('fig', 1); NONSENSE;", encoding="utf-8")
    with pytest.raises(asyncpg.PostgresSyntaxError):
        async with open_database(postgresql.url, schema, migrations):
            pass
    broken.unlink()
    async with open_database(postgresql.url, schema, migrations) as database:
        assert [row["name"] for row in await database.read("SELECT name FROM fruit")] == ["pear"]


async def test_the_schema_of_a_newer_version_is_refused(
    postgresql: PostgresqlServer, schema: str, migrations: Path
) -> None:
    async with open_database(postgresql.url, schema, migrations):
        pass
    (migrations / "0002_pear.sql").unlink()
    with pytest.raises(errors.UnavailableError, match="has 2 migrations, this version knows 1: start a newer version"):
        async with open_database(postgresql.url, schema, migrations):
            pass


async def test_changes_at_once_are_as_if_one_came_after_the_other(database: Database) -> None:
    async def add_one(connection: Connection) -> int:
        count: int = await connection.fetchval("SELECT count FROM fruit WHERE name = 'pear'")
        await connection.execute("UPDATE fruit SET count = $1 WHERE name = 'pear'", count + 1)
        return count

    assert sorted(await asyncio.gather(*(database.change(add_one) for _ in range(8)))) == list(range(8))


async def test_a_change_that_raises_leaves_nothing(database: Database) -> None:
    async def fail(connection: Connection) -> None:
        await connection.execute("INSERT INTO fruit VALUES ('fig', 1)")
        raise errors.NotFoundError(errors.Reason.APP_NOT_FOUND, "no such thing")

    with pytest.raises(errors.NotFoundError):
        await database.change(fail)
    assert await database.read_one("SELECT 1 FROM fruit WHERE name = 'fig'") is None


async def test_a_reader_sees_one_state(database: Database) -> None:
    async def read_twice(connection: Connection) -> tuple[int, int]:
        before = await connection.fetchval("SELECT count(*) FROM fruit")
        await database.change(lambda other: other.execute("INSERT INTO fruit VALUES ('fig', 1)"))
        return before, await connection.fetchval("SELECT count(*) FROM fruit")

    assert await database.run(read_twice) == (1, 1)


async def test_text_that_postgresql_cannot_keep_is_refused(database: Database) -> None:
    with pytest.raises(errors.InvalidArgumentError, match="the character NUL") as caught:
        await database.read("SELECT $1::text", "a\0b")
    assert caught.value.reason is errors.Reason.INVALID_FIELD


async def test_a_statement_that_takes_too_long_is_given_up(
    postgresql: PostgresqlServer, schema: str, migrations: Path
) -> None:
    async with open_database(postgresql.url, schema, migrations, Limits(statement_seconds=0.2)) as database:
        with pytest.raises(errors.UnavailableError) as caught:
            await database.read("SELECT pg_sleep(60)")
        assert caught.value.reason is errors.Reason.STORAGE_UNAVAILABLE
        assert caught.value.message == "the database cannot be used (QueryCanceledError); try again shortly"
        assert await database.read("SELECT 1 AS one")


@pytest.mark.skipif(missing() is not None, reason=str(missing()))
async def test_a_server_that_is_killed_is_unavailable_and_found_again(schema: str, migrations: Path) -> None:
    with running_postgresql() as server:
        async with open_database(server.url, schema, migrations) as database:
            await database.change(lambda connection: connection.execute("INSERT INTO fruit VALUES ('fig', 1)"))
            server.kill()
            with pytest.raises(errors.UnavailableError) as caught:
                await database.read("SELECT 1")
            assert caught.value.retry_after is not None
            server.start()
            assert len(await database.read("SELECT 1 FROM fruit")) == 2


async def test_a_server_that_refuses_says_why_without_the_password(
    postgresql: PostgresqlServer, schema: str, migrations: Path
) -> None:
    url = postgresql.url.replace("postgres@", "postgres:a-secret@").removesuffix("postgres") + "no_such_database"
    with pytest.raises(errors.UnavailableError) as caught:
        async with open_database(url, schema, migrations):
            pass
    assert caught.value.message == (
        "PostgreSQL cannot be reached (InvalidCatalogNameError): look at the URL in APPSHARE_DATABASE"
    )


async def test_what_fails_beside_the_database_stays_what_it_is(
    postgresql: PostgresqlServer, schema: str, migrations: Path
) -> None:
    with pytest.raises(OSError, match="the port is taken"):
        async with open_database(postgresql.url, schema, migrations):
            raise OSError("the port is taken")


async def test_changes_under_locks_wait_for_one_another(database: Database) -> None:
    async def add_one(connection: Connection) -> int:
        await alone_with(7, connection)
        count: int = await connection.fetchval("SELECT count FROM fruit WHERE name = 'pear'")
        await connection.execute("UPDATE fruit SET count = $1 WHERE name = 'pear'", count + 1)
        return count

    assert sorted(await asyncio.gather(*(database.change_under_locks(add_one) for _ in range(8)))) == list(range(8))


async def test_the_size_is_that_of_the_own_schema(postgresql: PostgresqlServer, database: Database) -> None:
    before = await database.size()
    await database.change(lambda c: c.execute("INSERT INTO fruit SELECT 'n' || n, n FROM generate_series(1, 2000) n"))
    assert await database.size() > before > 0
    await database.vacuum("fruit")
    assert await database.write("DELETE FROM fruit WHERE count > 1000") == 1000
