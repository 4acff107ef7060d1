"""What services keep, moved from SQLite to a real PostgreSQL server and back: all of it, or nothing."""

import sqlite3
from array import array
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.postgresql_server import PostgresqlServer

from appshare import errors
from appshare.app_download.model import Artifact
from appshare.app_download.package_reader import ReadingLimits, read_package
from appshare.app_download.package_reading.report import build_report
from appshare.app_download.stores.moving import LAYOUT as CATALOGUE
from appshare.moving import sqlite_end
from appshare.moving.layout import Layout
from appshare.moving.moves import Moved, move_in, move_out
from appshare.moving.postgresql_end import PostgresqlEnd, connected
from appshare.moving.rows import Column, contents, from_sqlite, to_sqlite
from appshare.moving.trouble import MoveError
from appshare.relation_radar.stores.moving import LAYOUT as RADAR
from appshare.share_registry.stores.moving import LAYOUT as REGISTRY

LAYOUTS = [RADAR, REGISTRY, CATALOGUE]
US = "this deployment"


def unseen(_service: str, _table: str, _rows: int) -> None:
    pass


def ids(layout: Layout) -> str:
    return layout.schema


@pytest.fixture
async def connection(postgresql: PostgresqlServer) -> Iterator[asyncpg.Connection]:
    """To a database of the test's own."""
    name = f"moving_{uuid4().hex}"
    async with connected(postgresql.url) as first:
        await first.execute(f"CREATE DATABASE {name}")
    async with connected(postgresql.url.rpartition("/")[0] + f"/{name}") as connection:
        yield connection


def packed(*keys: int) -> bytes:
    return array("I", keys).tobytes()


def numbers(*keys: int) -> bytes:
    return array("q", keys).tobytes()


RADAR_ROWS = {
    "number_key_checks": [(1, b"check")],
    "devices": [(1, "d1", -(1 << 63), "CN", 3, 1.5), (2, "d2", 5, "DE", 0, 0.0), (7, "d7", 5, "", 1, 1e9 + 0.25)],
    "books": [(1, numbers(-4, 5, 5, 9), array("H", [1, 2, 3, 1]).tobytes()), (7, b"", b"")],
    "postings": [(-4, packed(1)), (5, packed(1, 7))],
    "recent_postings": [(9, packed(1)), (5, packed(2))],
    "registrations": [("r1", 5, "CN", None, b"\x00\xff", 2, 1e9, None), ("r2", 6, "CN", "again", b"", 0, 2.5, "s1")],
    "codes_sent": [("r1", 5, 1e9)],
    "sessions": [("s1", 1, b"now", None, 12.0), ("s2", 7, b"now", b"before", 13.0)],
    "blocks": [(5, 9, "b1", 1.0), (5, 10, "b1", 1.0)],
    "friendship_watchers": [(1, 10, 4)],
    "friendship_changes": [(1, "d7", 2, 1, 10, 99.5)],
    "new_contacts": [(5, 1e9, 205)],
}
REGISTRY_ROWS = {
    "apps": [
        ("d1", "a.b", "android", "Łódź ✓", "1.0", 1 << 40, "", "", "łódź\na.b"),
        ("d1", "c", "ios", "", "", 0, "s", "i", ""),
    ],
    "app_keys": [("d1", "a.b", "friends"), ("d1", "a.b", "device:d2")],
    "default_keys": [("d1", "friends")],
    "push_preferences": [("d2", "chosen"), ("d3", "off")],
    "push_preference_senders": [("d2", "d1")],
    "muted_senders": [("d3", "d1")],
    "pushes": [(1, "d1", "", 1, "p1"), (3, "d1", "Look!", 0, "p3")],
    "push_apps": [(3, "c"), (3, "a.b")],
    "inboxes": [("d2", 9, 4, 2, 8.0), ("d3", 0, 0, 0, 0)],
    "inbox_events": [
        ("d2", 8, 1e9, "d1", "push", 1, 2, None, None),
        ("d2", 9, 1e9, "d1", "i", None, None, "c", 5),
        ("d3", 1, 7, "d1", "p", 3, 1, None, None),
    ],
    "push_quotas": [("d1", 5.0, 2000)],
    "installs": [("d1", "c", "d2", 12)],
    "push_receipts": [(1, "d1", "q1", "p1", b"\x01", 5.0), (2, "d1", "q2", "p3", b"\x02", 6.0)],
    "receipt_recipients": [(1, "d3"), (1, "d2")],
}
CATALOGUE_ROWS = {
    "packages": [("p1", "a.b", 3, '{"apk": {}}', "a"), ("p2", "a.b", 4, "{}", "a b")],
    "package_files": [("p1", "ab"), ("p2", "ab"), ("p2", "cd")],
    "fetched_packages": [("p2", 12, 5.5)],
    "app_store_links": [("c", "https://apps.apple.com/app/id1")],
    "signer_pins": [("a.b", "s", '["r", "q"]', 1), ("c", "t", "[]", 0)],
    "version_floors": [("a.b", 3)],
    "operator_rows": [
        ("o1", "a.b", 1, "deny", None, "", "{}"),
        ("o2", "a.b", 2, "prefer", 4, "p2", '{"models": ["SM*"]}'),
    ],
    "upstreams": [(4, "main", "https://f", '["https://m"]', "ff", 0, 2, 5, "x", "e", 1, 1, 0, 5.0, 0, "", "")],
    "upstream_apps": [(2, "u", "U", "u", "s")],
    "upstream_versions": [(2, "u", 9, "ee", "/u.apk", "{}")],
    "upstream_indices": [(1,), (2,)],
    "app_requests": [("u", 1.5, 9.0)],
}
ROWS = {RADAR.schema: RADAR_ROWS, REGISTRY.schema: REGISTRY_ROWS, CATALOGUE.schema: CATALOGUE_ROWS}


async def filled(layout: Layout, folder: Path) -> Path:
    """A database with some of everything, as a service has left it, in WAL mode."""
    file = folder / Path(layout.file).name
    await sqlite_end.bring_up_to_date(file, layout)
    with closing(sqlite3.connect(file)) as database:
        database.execute("PRAGMA journal_mode = WAL")
        for table, rows in ROWS[layout.schema].items():
            marks = ", ".join("?" * len(rows[0]))
            database.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)  # noqa: S608
        database.commit()
    return file


def tables_of(file: Path) -> dict[str, list[tuple[object, ...]]]:
    """All that is in a database, as it is there; postings of both tables together, since they are one thing."""
    with closing(sqlite3.connect(file)) as database:
        names = [name for (name,) in database.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        found = {name: sorted(database.execute(f"SELECT * FROM {name}"), key=repr) for name in names}  # noqa: S608
    postings: dict[int, list[int]] = {}
    for table in ("postings", "recent_postings"):
        for number, holders in found.pop(table, []):
            postings.setdefault(number, []).extend(array("I", holders))
    found.pop("upstream_indices", None)  # their numbers are given once, by the sequence
    return found | {"all postings": sorted((number, tuple(sorted(held))) for number, held in postings.items())}


async def move(
    layout: Layout, file: Path, connection: asyncpg.Connection, *, replace: bool = False, source: str = US
) -> Moved:
    work = file.parent / "work"
    work.mkdir(exist_ok=True)
    moved = await move_in(layout, file, work, connection, source, unseen, replace=replace)
    assert list(work.iterdir()) == []
    return moved


@pytest.mark.parametrize("layout", LAYOUTS, ids=ids)
async def test_all_is_moved_there_and_back(layout: Layout, tmp_path: Path, connection: asyncpg.Connection) -> None:
    file = await filled(layout, tmp_path)
    before = tables_of(file)
    moved = await move(layout, file, connection)
    assert tables_of(file) == before
    assert all(content.rows for name, content in moved.contents.items() if name != "number_key_state")
    back = tmp_path / "back" / file.name
    back.parent.mkdir()
    assert await move_out(layout, connection, back, unseen, replace=False) == moved
    assert _without_receipts(tables_of(back)) == _without_receipts(before)
    assert back.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("layout", LAYOUTS, ids=ids)
async def test_a_new_cloud_is_moved_too(layout: Layout, tmp_path: Path, connection: asyncpg.Connection) -> None:
    file = tmp_path / "new.db"
    await sqlite_end.bring_up_to_date(file, layout)
    before = tables_of(file)
    moved = await move(layout, file, connection)
    assert {name for name, content in moved.contents.items() if content.rows} <= {"number_key_state"}
    await move_out(layout, connection, file, unseen, replace=True)
    assert tables_of(file) == before


@pytest.mark.parametrize("layout", LAYOUTS, ids=ids)
async def test_every_table_is_moved(layout: Layout, tmp_path: Path, connection: asyncpg.Connection) -> None:
    """So that a table that comes later is not forgotten."""
    await move(layout, await filled(layout, tmp_path), connection)
    rows = await connection.fetch("SELECT tablename::text FROM pg_tables WHERE schemaname = $1", layout.schema)
    not_moved = {name for (name,) in rows} - {table.name for table in layout.tables} - {"migrations"}
    assert not_moved <= {
        "books_to_copy",
        "books_next",
        "postings_next",
        "leases",
    }  # of what must not run, or of processes
    with closing(sqlite3.connect(tmp_path / Path(layout.file).name)) as database:
        names = {name for (name,) in database.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    empty = {
        "books_to_copy",
        "books_next",
        "postings_next",
        "recent_postings_next",
        "sqlite_sequence",
        "number_key_state",
    }
    assert names - empty == ROWS[layout.schema].keys()


async def test_what_a_start_would_have_filled_in_is_moved(
    tmp_path: Path, samples: Path, connection: asyncpg.Connection
) -> None:
    manifest = await read_package(samples / "chat-1.0.apk", ReadingLimits())
    build = build_report(Artifact(sha256="ab", size=1, file_name="chat.apk", manifest=manifest))
    file = tmp_path / "app_download.db"
    await sqlite_end.bring_up_to_date(file, CATALOGUE)
    with closing(sqlite3.connect(file)) as database:
        database.execute("INSERT INTO packages VALUES ('p', 'org.appshare.sample.chat', 1, ?, NULL)", (build,))
        database.commit()
    await move(CATALOGUE, file, connection)
    assert "chat" in await connection.fetchval("SELECT words FROM app_download.packages")


async def test_it_can_be_repeated_while_the_servers_work(tmp_path: Path, connection: asyncpg.Connection) -> None:
    file = await filled(REGISTRY, tmp_path)
    await move(REGISTRY, file, connection)
    with closing(sqlite3.connect(file)) as service:
        service.execute("INSERT INTO push_quotas VALUES ('d9', 1.0, 1)")
        service.commit()
        service.execute("BEGIN IMMEDIATE")  # it is writing just now
        service.execute("INSERT INTO push_quotas VALUES ('d10', 1.0, 1)")
        moved = await move(REGISTRY, file, connection)
        service.rollback()
    assert moved.contents["push_quotas"].rows == 2


@pytest.mark.parametrize("layout", LAYOUTS[:2], ids=ids)
async def test_counters_go_on_where_they_were(layout: Layout, tmp_path: Path, connection: asyncpg.Connection) -> None:
    file = await filled(layout, tmp_path)
    table, key = ("devices", "device") if layout is RADAR else ("pushes", "push")
    with closing(sqlite3.connect(file)) as database:
        highest = database.execute(f"SELECT max({key}) FROM {table}").fetchone()[0]  # noqa: S608
        if layout is RADAR:
            database.execute("UPDATE sqlite_sequence SET seq = 40 WHERE name = 'devices'")  # its device was deleted
            database.commit()
            highest = 40
    await move(layout, file, connection)
    given = await connection.fetchval(f"SELECT nextval(pg_get_serial_sequence('{layout.schema}.{table}', '{key}'))")
    assert given == highest + 1


async def test_what_others_keep_there_is_not_touched(tmp_path: Path, connection: asyncpg.Connection) -> None:
    file = await filled(REGISTRY, tmp_path)
    await move(REGISTRY, file, connection, source="another deployment")
    with pytest.raises(MoveError, match="did not come from this deployment"):
        await move(REGISTRY, file, connection)
    await move(REGISTRY, file, connection, replace=True)
    assert (await PostgresqlEnd(connection, "share_registry").record()).source == US


async def test_what_was_changed_after_the_move_is_not_thrown_away(
    tmp_path: Path, connection: asyncpg.Connection
) -> None:
    file = await filled(REGISTRY, tmp_path)
    await move(REGISTRY, file, connection)
    await connection.execute("UPDATE share_registry.push_quotas SET count = count + 1")
    with pytest.raises(MoveError, match="changed after the last move"):
        await move(REGISTRY, file, connection)
    assert await connection.fetchval("SELECT count FROM share_registry.push_quotas") == 2001
    await move(REGISTRY, file, connection, replace=True)
    assert await connection.fetchval("SELECT count FROM share_registry.push_quotas") == 2000


async def test_a_target_in_use_is_refused_whatever_is_said(
    tmp_path: Path, connection: asyncpg.Connection, postgresql: PostgresqlServer
) -> None:
    file = await filled(REGISTRY, tmp_path)
    await move(REGISTRY, file, connection)
    name = await connection.fetchval("SELECT current_database()")
    url = postgresql.url.rpartition("/")[0] + f"/{name}"
    service = await asyncpg.connect(url, server_settings={"application_name": "appshare share_registry"})
    try:
        with pytest.raises(MoveError, match="stop the services"):
            await move(REGISTRY, file, connection, replace=True)
    finally:
        await service.close()


async def test_a_move_that_breaks_off_leaves_what_was_there(tmp_path: Path, connection: asyncpg.Connection) -> None:
    file = await filled(REGISTRY, tmp_path)
    before = await move(REGISTRY, file, connection)

    def cut(_service: str, table: str, _rows: int) -> None:
        if table == "push_receipts":
            raise ConnectionResetError("cut")

    with pytest.raises(ConnectionResetError):
        await move_in(REGISTRY, file, tmp_path / "work", connection, US, cut, replace=False)
    assert await PostgresqlEnd(connection, "share_registry").contents(REGISTRY) == before.contents
    assert await move(REGISTRY, file, connection) == before


async def test_a_number_key_that_is_being_rotated_is_refused(tmp_path: Path, connection: asyncpg.Connection) -> None:
    file = await filled(RADAR, tmp_path)
    with closing(sqlite3.connect(file)) as database:
        database.execute("UPDATE number_key_state SET phase = 'copying'")
        database.commit()
    with pytest.raises(MoveError, match="rotated"):
        await move(RADAR, file, connection)
    assert not await PostgresqlEnd(connection, "relation_radar").exists()


async def test_a_damaged_database_is_refused(tmp_path: Path, connection: asyncpg.Connection) -> None:
    file = tmp_path / "share_registry.db"
    file.write_bytes(b"SQLite format 3\x00" + b"nonsense" * 4096)
    with pytest.raises(MoveError, match="damaged"):
        await move(REGISTRY, file, connection)
    assert list((tmp_path / "work").iterdir()) == []


async def test_a_value_that_is_none_is_refused_by_table(tmp_path: Path, connection: asyncpg.Connection) -> None:
    file = await filled(RADAR, tmp_path)
    with closing(sqlite3.connect(file)) as database:
        database.execute("UPDATE books SET numbers = x'0102' WHERE device = 1")
        database.commit()
    with pytest.raises(MoveError, match=r"relation_radar\.books cannot be moved"):
        await move(RADAR, file, connection)
    assert not await PostgresqlEnd(connection, "relation_radar").exists()


@pytest.mark.parametrize("newer", ["sqlite", "postgresql"])
async def test_a_newer_version_on_either_side_is_refused(
    newer: str, tmp_path: Path, connection: asyncpg.Connection
) -> None:
    file = await filled(REGISTRY, tmp_path)
    if newer == "sqlite":
        with closing(sqlite3.connect(file)) as database:
            database.execute("PRAGMA user_version = 99")
    else:
        await move(REGISTRY, file, connection)
        await connection.execute("INSERT INTO share_registry.migrations VALUES (2, '2'), (3, '3')")
    with pytest.raises(errors.UnavailableError, match="newer version"):
        await move(REGISTRY, file, connection, replace=True)


async def test_the_way_back_never_overwrites_unasked(tmp_path: Path, connection: asyncpg.Connection) -> None:
    file = await filled(REGISTRY, tmp_path)
    await move(REGISTRY, file, connection)
    before = tables_of(file)
    with pytest.raises(MoveError, match="is there already"):
        await move_out(REGISTRY, connection, file, unseen, replace=False)
    assert tables_of(file) == before
    with pytest.raises(MoveError, match="no schema"):
        await move_out(RADAR, connection, tmp_path / "radar.db", unseen, replace=False)
    assert not (tmp_path / "radar.db").exists()


async def test_an_address_without_a_database_is_told_without_its_password(tmp_path: Path) -> None:
    with pytest.raises(MoveError) as refused:
        async with connected("postgresql://us:geheim@127.0.0.1:1/none"):
            pass
    assert "geheim" not in str(refused.value)
    assert refused.value.__suppress_context__


TEXTS = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]))
VALUES = {
    "bool": st.booleans(),
    "_text": st.lists(TEXTS),
    "_int8": st.lists(st.integers(-(1 << 63), (1 << 63) - 1)),
    "float8": st.floats(allow_nan=False),
    "text": TEXTS,
    "int8": st.integers(-(1 << 63), (1 << 63) - 1),
    "bytea": st.binary(),
}


@given(st.fixed_dictionaries({kind: values | st.none() for kind, values in VALUES.items()}))
def test_values_are_the_same_after_both_ways(row: dict[str, object]) -> None:
    columns = [Column(kind, kind) for kind in row]
    lowered = to_sqlite(row, columns)
    with closing(sqlite3.connect(":memory:")) as database:
        [stored] = database.execute(f"SELECT {', '.join('?' * len(row))}", tuple(lowered.values()))
    assert from_sqlite(stored, columns) == tuple(row.values())


@given(st.lists(st.tuples(st.integers(), TEXTS)), st.randoms())
def test_a_digest_is_of_the_rows_and_not_of_their_order(rows: list[tuple[int, str]], random: object) -> None:
    shuffled = list(rows)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert contents(shuffled) == contents(rows)
    assert contents([*rows, (0, "one more")]) != contents(rows)


def _without_receipts(tables: dict[str, list[tuple[object, ...]]]) -> dict[str, object]:
    """Receipts are numbered anew on the way back: who has what of them."""
    if "push_receipts" not in tables:
        return dict(tables)
    requests = {receipt: request for receipt, _sender, request, *_ in tables["push_receipts"]}
    return tables | {
        "push_receipts": sorted(row[1:] for row in tables["push_receipts"]),
        "receipt_recipients": sorted((requests[receipt], device) for receipt, device in tables["receipt_recipients"]),
    }
