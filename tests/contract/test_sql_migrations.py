"""Numbered migrations: each applied once, in order, whole or not at all."""

import sqlite3
from collections.abc import Mapping
from pathlib import Path

import pytest

from appshare import errors
from appshare.sqlite.database import Database, open_database

APPLE = "CREATE TABLE apple (id INTEGER PRIMARY KEY);\n"
PEAR = "INSERT INTO apple VALUES (1);\nCREATE TABLE pear (apple REFERENCES apple);\n"


def migrations(folder: Path, files: Mapping[str, str]) -> Path:
    folder.mkdir(exist_ok=True)
    for name, script in files.items():
        (folder / name).write_text(script, encoding="utf-8")
    return folder


async def tables(database: Database) -> list[str]:
    rows = await database.read("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
    return [row["name"] for row in rows]


async def version(database: Database) -> int:
    [row] = await database.read("PRAGMA user_version")
    return int(row[0])


async def test_they_are_applied_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    # The second needs the first; a folder may list them in any order.
    folder = migrations(tmp_path / "migrations", {"0002_pear.sql": PEAR, "0001_apple.sql": APPLE})
    async with open_database(tmp_path / "fruit.db", folder) as database:
        assert await tables(database) == ["apple", "pear"]
        assert await version(database) == 2


async def test_each_is_applied_once(tmp_path: Path) -> None:
    folder = migrations(tmp_path / "migrations", {"0001_apple.sql": APPLE, "0002_pear.sql": PEAR})
    for _ in range(3):
        async with open_database(tmp_path / "fruit.db", folder) as database:
            assert len(await database.read("SELECT id FROM apple")) == 1


async def test_a_newer_version_of_the_program_applies_what_is_new(tmp_path: Path) -> None:
    folder = migrations(tmp_path / "migrations", {"0001_apple.sql": APPLE})
    async with open_database(tmp_path / "fruit.db", folder) as database:
        async with database.transaction() as transaction:
            await transaction.write("INSERT INTO apple VALUES (7)")
        assert await version(database) == 1
    migrations(folder, {"0002_pear.sql": PEAR})
    async with open_database(tmp_path / "fruit.db", folder) as database:
        assert [row["id"] for row in await database.read("SELECT id FROM apple ORDER BY id")] == [1, 7]
        assert await version(database) == 2


async def test_a_database_of_a_newer_version_is_refused_and_left_alone(tmp_path: Path) -> None:
    folder = migrations(tmp_path / "migrations", {"0001_apple.sql": APPLE, "0002_pear.sql": PEAR})
    async with open_database(tmp_path / "fruit.db", folder):
        pass
    before = (tmp_path / "fruit.db").read_bytes()
    (folder / "0002_pear.sql").unlink()
    with pytest.raises(errors.UnavailableError) as caught:
        async with open_database(tmp_path / "fruit.db", folder):
            pytest.fail("it was opened")
    assert caught.value.reason is errors.Reason.STORAGE_UNAVAILABLE
    assert caught.value.message == "the database has 2 migrations, this version knows 1: start a newer version"
    assert (tmp_path / "fruit.db").read_bytes() == before


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param("CREATE TABLE plum (id);\nINSERT INTO apple VALUES (1);\nCREATE TABEL x (id);", id="wrong SQL"),
        pytest.param("CREATE TABLE plum (id);\nINSERT INTO apple VALUES (7);", id="what is there does not allow it"),
        pytest.param("CREATE TABLE plum (id);\nCREATE TABLE a (id); CREATE TABLE b (id);", id="two on a line"),
    ],
)
async def test_one_that_fails_leaves_the_state_before_it(tmp_path: Path, broken: str) -> None:
    folder = migrations(tmp_path / "migrations", {"0001_apple.sql": APPLE})
    async with open_database(tmp_path / "fruit.db", folder) as database, database.transaction() as transaction:
        await transaction.write("INSERT INTO apple VALUES (7)")
    migrations(folder, {"0002_pear.sql": PEAR, "0003_broken.sql": broken})
    with pytest.raises(sqlite3.Error):  # a defect of the program, not of the disk
        async with open_database(tmp_path / "fruit.db", folder):
            pytest.fail("it was opened")
    (folder / "0003_broken.sql").unlink()
    async with open_database(tmp_path / "fruit.db", folder) as database:
        assert await tables(database) == ["apple", "pear"]
        assert await version(database) == 2


async def test_statements_may_hold_semicolons_and_comments(tmp_path: Path) -> None:
    script = """
        -- A comment; with a semicolon.
        CREATE TABLE apple (id INTEGER, note TEXT DEFAULT 'a; b'); -- and behind it
        CREATE TRIGGER grow AFTER INSERT ON apple BEGIN
            UPDATE apple SET id = id + 1;
            UPDATE apple SET note = 'grown; twice';
        END;
        INSERT INTO apple (id) VALUES (1);
        -- The end;
    """
    folder = migrations(tmp_path / "migrations", {"0001_apple.sql": script})
    async with open_database(tmp_path / "fruit.db", folder) as database:
        assert list(map(tuple, await database.read("SELECT id, note FROM apple"))) == [(2, "grown; twice")]


async def test_the_last_statement_may_lack_its_semicolon(tmp_path: Path) -> None:
    folder = migrations(tmp_path / "migrations", {"0001_apple.sql": APPLE + "CREATE TABLE pear (id)"})
    async with open_database(tmp_path / "fruit.db", folder) as database:
        assert await tables(database) == ["apple", "pear"]


async def test_other_files_are_none(tmp_path: Path) -> None:
    folder = migrations(tmp_path / "migrations", {"0001_apple.sql": APPLE, "README.md": "no SQL", "__init__.py": ""})
    async with open_database(tmp_path / "fruit.db", folder) as database:
        assert await version(database) == 1


async def test_without_any_the_database_is_empty(tmp_path: Path) -> None:
    async with open_database(tmp_path / "fruit.db", migrations(tmp_path / "migrations", {})) as database:
        assert await tables(database) == []
