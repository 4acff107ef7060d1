"""An SQLite database as every service uses it: on a real disk, with real trouble."""

import asyncio
import os
import sqlite3
import stat
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from pathlib import Path

import pytest

from appshare import errors
from appshare.sqlite.database import Database, open_database

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


class TestSharedCommits:
    """Transactions that wait while another runs share its COMMIT."""

    @pytest.fixture
    async def statements(self, database: Database) -> list[str]:
        """What the writer has run."""
        seen: list[str] = []
        await database._writer.set_trace_callback(seen.append)
        return seen

    async def test_those_that_wait_share_one(self, database: Database, statements: list[str]) -> None:
        await asyncio.gather(*(write(database, str(number)) for number in range(50)))
        assert statements.count("COMMIT") == 1
        assert len(await texts(database)) == 50

    async def test_no_more_than_so_many_share_one(self, database: Database, statements: list[str]) -> None:
        await asyncio.gather(*(write(database, str(number)) for number in range(300)))
        assert statements.count("COMMIT") == 3  # 128 each at most
        assert await texts(database) == [str(number) for number in range(300)]

    async def test_one_alone_waits_for_no_other(self, database: Database, statements: list[str]) -> None:
        await write(database, "a")
        await write(database, "b")
        assert [each for each in statements if not each.startswith("INSERT")] == ["BEGIN IMMEDIATE", "COMMIT"] * 2

    async def test_what_is_acknowledged_is_committed(self, database: Database) -> None:
        seen: list[bool] = []

        async def write_and_look(text: str) -> None:
            await write(database, text)
            seen.append(text in await texts(database))

        await asyncio.gather(*(write_and_look(str(number)) for number in range(20)))
        assert seen == [True] * 20

    @pytest.mark.parametrize("failing", [[0], [3], [9], [0, 1], [4, 5, 6], [8, 9], list(range(10))])
    async def test_one_that_fails_takes_back_only_its_own(self, database: Database, failing: list[int]) -> None:
        await write(database, "taken")
        calls = (write(database, f"{number}", *(["taken"] if number in failing else [])) for number in range(10))
        results = await asyncio.gather(*calls, return_exceptions=True)
        assert [index for index, result in enumerate(results) if result is not None] == failing
        assert await texts(database) == ["taken", *(str(number) for number in range(10) if number not in failing)]

    @pytest.mark.parametrize("turns", [1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144])
    async def test_one_that_is_cancelled_takes_back_only_its_own(self, database: Database, turns: int) -> None:
        calls = [asyncio.create_task(write(database, f"{number}", f"{number} too")) for number in range(6)]
        for _ in range(turns):
            await asyncio.sleep(0.0001)
        for call in calls[::2]:
            call.cancel()
        await asyncio.gather(*calls, return_exceptions=True)
        found = await texts(database)
        for number, call in enumerate(calls):
            whole = found.count(f"{number}") == found.count(f"{number} too") == 1
            none = f"{number}" not in found and f"{number} too" not in found
            assert whole or (none and call.cancelled())
        await write(database, "the way is free")

    async def test_all_that_wait_for_a_commit_may_be_cancelled(self, database: Database) -> None:
        async with database.transaction() as transaction:
            await transaction.write("INSERT INTO notes (text) VALUES ('a')")
            calls = [asyncio.create_task(write(database, text)) for text in ("b", "c")]
            await asyncio.sleep(0)
            asyncio.get_running_loop().call_later(0.001, lambda: [call.cancel() for call in calls])
        await asyncio.gather(*calls, return_exceptions=True)
        await write(database, "the way is free")
        assert "a" in await texts(database)

    async def test_when_sqlite_ends_the_transaction_all_in_it_are_told(self, database: Database) -> None:
        await write(database, "before")
        await database._writer.execute_fetchall("PRAGMA max_page_count = 1")
        calls = (write(database, "x" * 100_000 if number == 2 else str(number)) for number in range(5))
        results = await asyncio.gather(*calls, return_exceptions=True)
        for result in results[:3]:
            assert isinstance(result, errors.UnavailableError)
            assert_unavailable(result, "SQLITE_FULL")
        # Those behind the trouble have a transaction of their own.
        assert results[3:] == [None, None]
        assert await texts(database) == ["before", "3", "4"]

    async def test_when_the_commit_fails_all_in_it_are_told(self, database: Database) -> None:
        async with database.transaction() as transaction:
            await transaction.write("CREATE TABLE children (note REFERENCES notes DEFERRABLE INITIALLY DEFERRED)")

        async def orphan() -> None:
            async with database.transaction() as transaction:
                await transaction.write("INSERT INTO children VALUES (99)")

        results = await asyncio.gather(write(database, "a"), orphan(), write(database, "b"), return_exceptions=True)
        assert {type(result) for result in results} == {errors.UnavailableError}
        assert await texts(database) == []
        await write(database, "c")
        assert await texts(database) == ["c"]


def insert(*texts: str) -> Callable[[sqlite3.Connection], int]:
    """Work that inserts, and returns how many notes there are."""

    def work(connection: sqlite3.Connection) -> int:
        connection.executemany("INSERT INTO notes (text) VALUES (?)", [(text,) for text in texts])
        return int(connection.execute("SELECT count(*) FROM notes").fetchone()[0])

    return work


class TestChanges:
    """Functions that are run as transactions: those that wait run in one go."""

    @pytest.fixture
    async def statements(self, database: Database) -> list[str]:
        """What the writer has run."""
        seen: list[str] = []
        await database._writer.set_trace_callback(seen.append)
        return seen

    async def test_each_returns_what_its_function_does(self, database: Database) -> None:
        results = await asyncio.gather(*(database.change(insert(f"{number}")) for number in range(5)))
        assert results == [1, 2, 3, 4, 5]
        assert await texts(database) == ["0", "1", "2", "3", "4"]

    async def test_those_that_wait_share_a_commit(self, database: Database, statements: list[str]) -> None:
        await asyncio.gather(*(database.change(insert(str(number))) for number in range(50)))
        assert statements.count("COMMIT") == 1

    async def test_of_very_many_all_are_run(self, database: Database) -> None:
        await asyncio.gather(*(database.change(insert(str(number))) for number in range(300)))
        assert len(await texts(database)) == 300

    async def test_those_that_come_while_others_run_follow(self, database: Database) -> None:
        calls = []
        for number in range(20):
            calls.append(asyncio.create_task(database.change(insert(str(number)))))
            await asyncio.sleep(0)
        await asyncio.gather(*calls, *(write(database, f"between {number}") for number in range(5)))
        assert len(await texts(database)) == 25

    @pytest.mark.parametrize("failing", [[0], [3], [9], [0, 1], [4, 5, 6], list(range(10))])
    async def test_one_that_fails_takes_back_only_its_own(self, database: Database, failing: list[int]) -> None:
        await write(database, "taken")
        works = (insert(f"{number}", *(["taken"] if number in failing else [])) for number in range(10))
        results = await asyncio.gather(*map(database.change, works), return_exceptions=True)
        failed = [index for index, result in enumerate(results) if isinstance(result, sqlite3.IntegrityError)]
        assert failed == failing
        assert await texts(database) == ["taken", *(str(number) for number in range(10) if number not in failing)]

    async def test_what_a_function_raises_reaches_its_caller(self, database: Database) -> None:
        def refuse(connection: sqlite3.Connection) -> None:
            connection.execute("INSERT INTO notes (text) VALUES ('never')")
            raise errors.AbortedError(errors.Reason.STALE_BOOK_VERSION, "refused")

        results = await asyncio.gather(database.change(refuse), database.change(insert("a")), return_exceptions=True)
        assert isinstance(results[0], errors.AbortedError)
        assert results[1] == 1
        assert await texts(database) == ["a"]

    async def test_a_cancelled_call_is_over_when_the_next_one_looks(self, database: Database) -> None:
        call = asyncio.create_task(database.change(insert("a")))
        await asyncio.sleep(0)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        assert await texts(database) == ["a"]

    async def test_when_sqlite_ends_the_transaction_all_in_it_are_told(self, database: Database) -> None:
        await write(database, "before")
        await database._writer.execute_fetchall("PRAGMA max_page_count = 1")
        works = [insert("x" * 100_000 if number == 2 else str(number)) for number in range(5)]
        for result in await asyncio.gather(*map(database.change, works), return_exceptions=True):
            assert isinstance(result, errors.UnavailableError)
            assert_unavailable(result, "SQLITE_FULL")
        assert await texts(database) == ["before"]
        assert await database.change(insert("after")) == 2

    async def test_when_the_writer_cannot_begin_all_that_wait_are_told(self, database: Database, path: Path) -> None:
        await database._writer.execute("PRAGMA busy_timeout = 0")
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            calls = (database.change(insert(str(number))) for number in range(3))
            for result in await asyncio.gather(*calls, return_exceptions=True):
                assert isinstance(result, errors.UnavailableError)
                assert_unavailable(result, "SQLITE_BUSY")
            other.execute("ROLLBACK")
        assert await database.change(insert("after")) == 1


class TestRebuilding:
    @pytest.fixture
    def migrations(self, migrations: Path) -> Path:
        script = "CREATE TABLE tags (note INTEGER NOT NULL REFERENCES notes ON DELETE CASCADE);"
        (migrations / "0002_tags.sql").write_text(script, encoding="utf-8")
        return migrations

    async def test_rows_that_refer_to_what_is_written_anew_stay(self, database: Database) -> None:
        await write(database, "a")
        await database.change(lambda connection: connection.execute("INSERT INTO tags VALUES (1)"))

        def write_anew(connection: sqlite3.Connection) -> str:
            connection.execute("DELETE FROM notes")
            connection.execute("INSERT INTO notes VALUES (1, 'b')")
            return "done"

        assert await database.rebuild(write_anew) == "done"
        assert len(await database.read("SELECT note FROM tags")) == 1
        assert await texts(database) == ["b"]

    async def test_one_that_raises_never_was_and_references_are_kept_again(self, database: Database) -> None:
        def fail(connection: sqlite3.Connection) -> None:
            connection.execute("INSERT INTO tags VALUES (99)")
            raise KeyError

        with pytest.raises(KeyError):
            await database.rebuild(fail)
        assert await database.read("SELECT note FROM tags") == []
        with pytest.raises(sqlite3.IntegrityError):
            await database.change(lambda connection: connection.execute("INSERT INTO tags VALUES (99)"))

    async def test_it_is_alone_among_others(self, database: Database) -> None:
        calls = [write(database, f"{number}") for number in range(10)]
        changes = [database.change(insert(f"change {number}")) for number in range(10)]
        await asyncio.gather(*calls[:5], database.rebuild(insert("rebuilt")), *changes, *calls[5:])
        assert len(await texts(database)) == 21


class TestLookingUp:
    async def test_it_sees_what_is_finished_and_nothing_else(self, database: Database) -> None:
        def count(connection: sqlite3.Connection) -> int:
            return int(connection.execute("SELECT count(*) FROM notes").fetchone()[0])

        async with database.transaction() as transaction:
            await transaction.write("INSERT INTO notes (text) VALUES ('a')")
            assert database.look_up(count) == 0
        assert database.look_up(count) == 1

    async def test_it_cannot_write(self, database: Database) -> None:
        with pytest.raises(errors.UnavailableError):
            database.look_up(insert("a"))
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

    async def test_what_was_deleted_is_not_kept_in_the_log(self, database: Database, path: Path) -> None:
        await write(database, "kept", "a marker that is deleted")
        async with database.transaction() as transaction:
            await transaction.write("DELETE FROM notes WHERE text <> 'kept'")
        assert b"a marker" in path.with_name(f"{path.name}-wal").read_bytes()
        await database.checkpoint()
        assert path.with_name(f"{path.name}-wal").read_bytes() == b""
        assert b"a marker" not in path.read_bytes()

    async def test_the_log_is_emptied_also_while_others_write(self, database: Database, path: Path) -> None:
        async with database.transaction() as transaction:
            await transaction.write("INSERT INTO notes (text) VALUES ('a')")
            calls = [asyncio.create_task(write(database, "b")), asyncio.create_task(database.checkpoint())]
            calls += [asyncio.create_task(write(database, "c"))]
            await asyncio.sleep(0)
        await asyncio.gather(*calls)
        await database.settle()
        assert path.with_name(f"{path.name}-wal").read_bytes() == b""
        assert await texts(database) == ["a", "b", "c"]

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
from appshare.sqlite.database import open_database

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


CROWD = """
import asyncio, sys
from pathlib import Path
from appshare.sqlite.database import open_database

async def write(database, number):
    async with database.transaction() as transaction:
        await transaction.write("INSERT INTO notes (text) VALUES (?)", (f"{number}",))
        if number % 3 == 0:
            raise ValueError
    print(number, flush=True)

async def main():
    async with open_database(Path(sys.argv[1]), Path(sys.argv[2])) as database:
        for start in range(0, 1_000_000, 20):
            calls = (write(database, number) for number in range(start, start + 20))
            await asyncio.gather(*calls, return_exceptions=True)

asyncio.run(main())
"""


@pytest.mark.parametrize("lines", [1, 30, 95])
async def test_a_process_that_is_killed_among_shared_commits_keeps_what_it_acknowledged(
    path: Path, migrations: Path, lines: int
) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", CROWD, str(path), str(migrations)), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        acknowledged = [await asyncio.wait_for(process.stdout.readline(), 20) for _ in range(lines)]
    finally:
        process.kill()
        rest, _ = await process.communicate()
    whole_lines = [*acknowledged, *rest.splitlines(keepends=True)]
    async with open_database(path, migrations) as database:
        found = {int(text) for text in await texts(database)}
    assert {int(line) for line in whole_lines if line.endswith(b"\n")} <= found
    assert all(number % 3 for number in found)  # what was taken back is not there


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
async def test_a_folder_that_may_not_be_written_is_trouble(path: Path, migrations: Path) -> None:
    path.parent.mkdir(mode=0o500)
    with pytest.raises(errors.UnavailableError):
        async with open_database(path, migrations):
            pytest.fail("it was opened")
