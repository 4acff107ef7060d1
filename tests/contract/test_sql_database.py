"""An SQLite database as every service uses it: on a real disk, with real trouble."""

import asyncio
import os
import sqlite3
import stat
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from appshare import errors
from appshare.sql.database import Database, open_database

SCHEMA = "CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);\n"


@pytest.fixture
def migrations(tmp_path: Path) -> Path:
    folder = tmp_path / "migrations"
    folder.mkdir()
    (folder / "0001_initial.sql").write_text(SCHEMA, encoding="utf-8")
    return folder


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "notes.db"


@pytest.fixture
async def database(path: Path, migrations: Path) -> AsyncIterator[Database]:
    async with open_database(path, migrations) as database:
        yield database


async def write(database: Database, *texts: str) -> None:
    async with database.transaction() as transaction:
        for text in texts:
            await transaction.write("INSERT INTO notes (text) VALUES (?)", (text,))


async def texts(database: Database) -> list[str]:
    return [row["text"] for row in await database.read("SELECT text FROM notes ORDER BY id")]


def assert_unavailable(error: errors.UnavailableError, name: str) -> None:
    assert error.reason is errors.Reason.STORAGE_UNAVAILABLE
    assert error.message == f"the database cannot be used ({name}); nothing was changed"


class TestTransactions:
    async def test_what_a_transaction_wrote_is_there(self, database: Database) -> None:
        async with database.transaction() as transaction:
            assert await transaction.insert("INSERT INTO notes (text) VALUES (?)", ("a",)) == 1
            await transaction.write_many("INSERT INTO notes (text) VALUES (?)", [("b",), ("c",)])
            assert await transaction.write("UPDATE notes SET text = text || '!' WHERE id > 1") == 2
            assert await transaction.read_one("SELECT text FROM notes WHERE id = 9") is None
            row = await transaction.read_one("SELECT text FROM notes WHERE id = 2")
            assert row is not None
            assert row["text"] == "b!"
        assert await texts(database) == ["a", "b!", "c!"]

    async def test_what_it_has_not_finished_nobody_else_sees(self, database: Database) -> None:
        await write(database, "a")
        async with database.transaction() as transaction:
            await transaction.write("DELETE FROM notes")
            assert await texts(database) == ["a"]
        assert await texts(database) == []

    @pytest.mark.parametrize("error", [ValueError("of the caller"), asyncio.CancelledError(), KeyboardInterrupt()])
    async def test_one_that_raises_never_was(self, database: Database, error: BaseException) -> None:
        with pytest.raises(type(error)):
            async with database.transaction() as transaction:
                await transaction.write("INSERT INTO notes (text) VALUES ('a')")
                raise error
        assert await texts(database) == []
        await write(database, "b")

    async def test_they_follow_one_another(self, database: Database) -> None:
        async def append() -> None:
            async with database.transaction() as transaction:
                row = await transaction.read_one("SELECT COUNT(*) AS notes FROM notes")
                assert row is not None
                await asyncio.sleep(0)
                await transaction.write("INSERT INTO notes (text) VALUES (?)", (f"note {row['notes']}",))

        await asyncio.gather(*(append() for _ in range(10)))
        assert await texts(database) == [f"note {number}" for number in range(10)]

    @pytest.mark.parametrize("turns", [0, 1, 2, 3, 4, 6, 8, 12, 16, 32, 64, 128, 256, 512])
    async def test_one_whose_call_is_cancelled_leaves_the_way_free(self, database: Database, turns: int) -> None:
        call = asyncio.create_task(write(database, "a", "b"))
        for _ in range(turns):
            await asyncio.sleep(0)
        call.cancel()
        await asyncio.gather(call, return_exceptions=True)
        assert await texts(database) in ([], ["a", "b"])
        await write(database, "c")
        assert "c" in await texts(database)

    async def test_one_that_waits_for_its_turn_may_be_cancelled(self, database: Database) -> None:
        async with database.transaction() as transaction:
            waiting = asyncio.create_task(write(database, "never"))
            await asyncio.sleep(0)
            waiting.cancel()
            await transaction.write("INSERT INTO notes (text) VALUES ('a')")
        await asyncio.gather(waiting, return_exceptions=True)
        await write(database, "b")
        assert await texts(database) == ["a", "b"]

    async def test_a_read_cannot_write(self, database: Database) -> None:
        with pytest.raises(errors.UnavailableError):
            await database.read("INSERT INTO notes (text) VALUES ('a') RETURNING id")
        assert await texts(database) == []


class TestDefects:
    """What is the program's fault is raised as what it is: it belongs into the log, not into an answer."""

    async def test_a_broken_constraint_is_no_trouble_of_the_disk(self, database: Database) -> None:
        await write(database, "a")
        with pytest.raises(sqlite3.IntegrityError):
            await write(database, "b", "a")
        assert await texts(database) == ["a"]

    @pytest.mark.parametrize("sql", ["SELECT nothing FROM notes", "SELECT * FROM nowhere", "SELEC 1"])
    async def test_wrong_sql_is_no_trouble_of_the_disk(self, database: Database, sql: str) -> None:
        with pytest.raises(sqlite3.OperationalError):
            await database.read(sql)
        with pytest.raises(sqlite3.OperationalError):
            async with database.transaction() as transaction:
                await transaction.read(sql)
        await write(database, "a")


class TestTrouble:
    async def test_a_full_disk_changes_nothing_and_serves_again_afterwards(self, database: Database) -> None:
        await write(database, "a")
        await database._writer.execute_fetchall("PRAGMA max_page_count = 1")
        with pytest.raises(errors.UnavailableError) as caught:
            await write(database, "b", "x" * 100_000)
        assert_unavailable(caught.value, "SQLITE_FULL")
        assert await texts(database) == ["a"]
        await database._writer.execute_fetchall("PRAGMA max_page_count = 100000")
        await write(database, "x" * 100_000)

    async def test_another_process_that_does_not_let_go_is_trouble(self, database: Database, path: Path) -> None:
        await database._writer.execute_fetchall("PRAGMA busy_timeout = 0")
        other = sqlite3.connect(path, isolation_level=None)
        try:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(errors.UnavailableError) as caught:
                await write(database, "a")
            assert_unavailable(caught.value, "SQLITE_BUSY")
            assert await texts(database) == []  # reading goes on
            other.execute("COMMIT")
        finally:
            other.close()
        await write(database, "a")

    async def test_a_file_that_is_no_database_is_refused_and_left_alone(self, path: Path, migrations: Path) -> None:
        path.parent.mkdir()
        path.write_bytes(b"no database at all" * 1000)
        with pytest.raises(errors.UnavailableError) as caught:
            async with open_database(path, migrations):
                pytest.fail("it was opened")
        assert_unavailable(caught.value, "SQLITE_NOTADB")
        assert path.read_bytes() == b"no database at all" * 1000

    async def test_a_damaged_database_is_told(self, path: Path, migrations: Path) -> None:
        async with open_database(path, migrations) as database:
            await write(database, *(f"{number:01000}" for number in range(200)))
        content = bytearray(path.read_bytes())
        content[4096 * 3 : -4096] = b"\xff" * (len(content) - 4096 * 4)
        path.write_bytes(content)
        async with open_database(path, migrations) as database:
            with pytest.raises(errors.UnavailableError) as caught:
                await texts(database)
        assert_unavailable(caught.value, "SQLITE_CORRUPT")

    async def test_a_path_that_is_a_folder_is_refused(self, tmp_path: Path, migrations: Path) -> None:
        (tmp_path / "folder.db").mkdir()
        with pytest.raises(errors.UnavailableError) as caught:
            async with open_database(tmp_path / "folder.db", migrations):
                pytest.fail("it was opened")
        assert_unavailable(caught.value, "SQLITE_CANTOPEN")

    async def test_a_folder_that_cannot_be_made_is_told(self, tmp_path: Path, migrations: Path) -> None:
        (tmp_path / "file").touch()
        with pytest.raises(OSError, match="file"):
            async with open_database(tmp_path / "file" / "notes.db", migrations):
                pytest.fail("it was opened")


class TestDisk:
    async def test_the_folder_is_made_for_its_owner_alone(self, database: Database, path: Path) -> None:
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700

    async def test_what_was_deleted_cannot_be_read_from_the_disk(self, path: Path, migrations: Path) -> None:
        async with open_database(path, migrations) as database:
            await write(database, "kept", "a marker that is deleted")
            async with database.transaction() as transaction:
                await transaction.write("DELETE FROM notes WHERE text <> 'kept'")
        assert b"kept" in path.read_bytes()
        assert b"a marker that is deleted" not in b"".join(file.read_bytes() for file in path.parent.iterdir())

    async def test_readers_and_the_writer_do_not_wait_for_each_other(self, database: Database) -> None:
        [row] = await database.read("PRAGMA journal_mode")
        assert row[0] == "wal"

    async def test_what_is_acknowledged_is_synced(self, database: Database) -> None:
        [row] = await database._writer.execute_fetchall("PRAGMA synchronous")
        assert row[0] == 2  # FULL

    async def test_references_are_kept(self, path: Path, migrations: Path) -> None:
        (migrations / "0002_tags.sql").write_text("CREATE TABLE tags (note REFERENCES notes ON DELETE CASCADE);")
        async with open_database(path, migrations) as database:
            with pytest.raises(sqlite3.IntegrityError):
                async with database.transaction() as transaction:
                    await transaction.write("INSERT INTO tags VALUES (99)")


WRITER = """
import asyncio, sys
from pathlib import Path
from appshare.sql.database import open_database

async def main():
    async with open_database(Path(sys.argv[1]), Path(sys.argv[2])) as database:
        for number in range(5):
            async with database.transaction() as transaction:
                await transaction.write("INSERT INTO notes (text) VALUES (?)", (f"committed {number}",))
            print("committed", flush=True)
        async with database.transaction() as transaction:
            await transaction.read("PRAGMA cache_size = 10")  # so that the unfinished is on the disk
            for number in range(500):
                await transaction.write("INSERT INTO notes (text) VALUES (?)", (f"unfinished {number}" * 100,))
            print("unfinished", flush=True)
            await asyncio.Event().wait()

asyncio.run(main())
"""


async def test_a_process_that_is_killed_loses_nothing_that_it_finished(path: Path, migrations: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", WRITER, str(path), str(migrations)), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        lines = [await asyncio.wait_for(process.stdout.readline(), 20) for _ in range(6)]
        assert lines == [b"committed\n"] * 5 + [b"unfinished\n"]
        assert b"unfinished" in path.with_name(f"{path.name}-wal").read_bytes()
    finally:
        process.kill()
        await process.communicate()
    async with open_database(path, migrations) as database:
        assert await texts(database) == [f"committed {number}" for number in range(5)]
        [row] = await database.read("PRAGMA integrity_check")
        assert row[0] == "ok"
        await write(database, "and goes on")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
async def test_a_folder_that_may_not_be_written_is_trouble(path: Path, migrations: Path) -> None:
    path.parent.mkdir(mode=0o500)
    with pytest.raises(errors.UnavailableError):
        async with open_database(path, migrations):
            pytest.fail("it was opened")
