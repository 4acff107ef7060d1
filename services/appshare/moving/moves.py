"""A service's data moved: copied, compared, and only then put into its place."""

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from appshare.moving import sqlite_end
from appshare.moving.layout import Layout, Table
from appshare.moving.postgresql_end import PostgresqlEnd, Record
from appshare.moving.rows import Adding, Content, Row, contents
from appshare.moving.trouble import MoveError

Seen = Callable[[str, str, int], None]
"""Is told of a service and a table how many rows have been copied, again and again."""

_SEEN_EVERY = 1_000


@dataclass(frozen=True)
class Moved:
    """What was moved of one service: what its tables hold, the same on both ends."""

    service: str
    contents: dict[str, Content]


async def move_in(
    layout: Layout, file: Path, work: Path, connection: asyncpg.Connection, source: str, seen: Seen, *, replace: bool
) -> Moved:
    """Moves an SQLite database, in use or not, into PostgreSQL.

    Args:
        file: of the database.
        work: folder of this user alone, for a copy of the database.
        source: what tells the deployment from others.
        replace: whether whatever is in the schema may go.

    Raises:
        MoveError: nothing was changed, with what to do.
        errors.UnavailableError: STORAGE_UNAVAILABLE, one of the databases is of a newer version.
    """
    there = PostgresqlEnd(connection, layout.schema)
    await _require_free(there, layout, source, replace=replace)
    staging = PostgresqlEnd(connection, f"{layout.schema}_incoming")
    with sqlite_end.snapshot(file, layout, work) as copy:
        await sqlite_end.bring_up_to_date(copy, layout)
        with sqlite_end.opened(copy) as here:
            here.require_ready(layout)
            await staging.make_anew(layout)
            found = {}
            for table in layout.tables:
                found[table.name] = await _put_in(layout, table, here, staging, seen)
            for sequence, (counting, column) in layout.sequences.items():
                await staging.count_from(f'"{staging.schema}"."{sequence}"', here.counted(counting, column))
    await staging.write_record(Record(source, found))
    await staging.take_the_place_of(there)
    return Moved(layout.schema, found)


async def move_out(layout: Layout, connection: asyncpg.Connection, file: Path, seen: Seen, *, replace: bool) -> Moved:
    """Moves a schema of PostgreSQL, as it is at one moment, into an SQLite database.

    Args:
        file: of the database; no process uses it.

    Raises:
        MoveError: nothing was changed, with what to do.
        errors.UnavailableError: STORAGE_UNAVAILABLE, the schema is of a newer version.
    """
    if file.exists() and not replace:  # noqa: ASYNC240  # a command that does nothing else meanwhile
        raise MoveError(f"{file} is there already: take another folder, or say --replace")
    there = PostgresqlEnd(connection, layout.schema)
    if not await there.exists():
        raise MoveError(f"the database has no schema {layout.schema}: nothing of that service is in it")
    await there.require_known(layout)
    unfinished = file.with_name(f".{file.name}.incoming")
    unfinished.unlink(missing_ok=True)
    try:
        await sqlite_end.bring_up_to_date(unfinished, layout)
        unfinished.chmod(0o600)
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            await there.require_ready(layout)
            with sqlite_end.opened(unfinished) as here:
                found = {table.name: await _put_out(layout, table, there, here, seen) for table in layout.tables}
                for sequence, (counting, _column) in layout.sequences.items():
                    here.count_from(counting, await there.counted(f'"{there.schema}"."{sequence}"'))
        sqlite_end.put_in_place(unfinished, file)
    finally:
        unfinished.unlink(missing_ok=True)
    return Moved(layout.schema, found)


async def _require_free(there: PostgresqlEnd, layout: Layout, source: str, *, replace: bool) -> None:
    if not await there.exists():
        return
    if await there.in_use():
        raise MoveError(f"a service uses the schema {layout.schema}: stop the services on PostgreSQL first")
    await there.require_known(layout)
    if replace or await there.is_empty(layout):
        return
    record = await there.record()
    if record.source != source:
        raise MoveError(
            f"the schema {layout.schema} holds data that did not come from this deployment: take another database,"
            " or say --replace if they may go"
        )
    if record.contents != await there.contents(layout):
        raise MoveError(
            f"the schema {layout.schema} was changed after the last move: a service works on it or has done so. To"
            " throw those changes away, say --replace"
        )


async def _put_in(
    layout: Layout, table: Table, here: sqlite_end.SqliteEnd, there: PostgresqlEnd, seen: Seen
) -> Content:
    columns = await there.columns(table)
    adding = Adding()

    def followed() -> Iterator[Row]:
        for number, row in enumerate(here.rows(table, columns), 1):
            if number % _SEEN_EVERY == 0:
                seen(layout.schema, table.name, number)
            yield row

    try:
        await there.put(table, columns, followed(), adding)
    except (sqlite3.DatabaseError, ValueError, asyncpg.PostgresError) as error:
        raise MoveError(f"{layout.schema}.{table.name} cannot be moved ({type(error).__name__})") from error
    if table.counter:
        await there.count_from(await there.sequence_of(table), here.counted(table.name, table.counter))
    content = adding.content()
    seen(layout.schema, table.name, content.rows)
    _require_equal(layout, table, content, await there.content(table, columns))
    return content


async def _put_out(
    layout: Layout, table: Table, there: PostgresqlEnd, here: sqlite_end.SqliteEnd, seen: Seen
) -> Content:
    columns = await there.columns(table)
    if table.filled:
        here.empty(table)
    number = 0
    async for row in there.grouped(table, columns):
        here.put(table, row)
        number += 1
        if number % _SEEN_EVERY == 0:
            seen(layout.schema, table.name, number)
    if table.counter:
        here.count_from(table.name, await there.counted(await there.sequence_of(table)))
    content = await there.content(table, columns)
    _require_equal(layout, table, content, contents(here.rows(table, columns)))
    seen(layout.schema, table.name, content.rows)
    return content


def _require_equal(layout: Layout, table: Table, sent: Content, arrived: Content) -> None:
    if sent != arrived:
        raise MoveError(
            f"{layout.schema}.{table.name} did not arrive as it was sent: {sent.rows} rows, digest {sent.digest};"
            f" {arrived.rows} rows, digest {arrived.digest}"
        )
