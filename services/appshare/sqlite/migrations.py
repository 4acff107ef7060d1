"""Numbered migrations: `0001_initial.sql`, `0002_….sql`, each applied once and whole."""

import sqlite3
from collections.abc import Iterator
from functools import partial
from importlib.resources.abc import Traversable

import aiosqlite

from appshare import errors
from appshare.sqlite.connections import in_one_go


async def migrate(connection: aiosqlite.Connection, folder: Traversable) -> None:
    """Applies the migrations that the database lacks; `PRAGMA user_version` counts them.

    Raises:
        errors.UnavailableError: STORAGE_UNAVAILABLE, when the database is of a newer version of the program.
    """
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".sql")), key=lambda file: file.name)
    row = await (await connection.execute("PRAGMA user_version")).fetchone()
    applied = int(row[0]) if row else 0
    if applied > len(files):
        raise errors.UnavailableError(
            errors.Reason.STORAGE_UNAVAILABLE,
            f"the database has {applied} migrations, this version knows {len(files)}: start a newer version",
        )
    for number, file in enumerate(files[applied:], start=applied + 1):
        await in_one_go(connection, partial(_apply, number, file.read_text(encoding="utf-8")))


def _apply(number: int, script: str, connection: sqlite3.Connection) -> None:
    connection.execute("BEGIN IMMEDIATE")
    try:
        for statement in _statements(script):
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {number}")
        connection.execute("COMMIT")
    except BaseException:
        connection.rollback()  # does nothing when the failure, for example a full disk, has rolled back already
        raise


def _statements(script: str) -> Iterator[str]:
    """The statements of a script, without `executescript`, which would commit before the first."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
    yield statement  # the last one may lack its semicolon; without it, there is nothing or a comment
