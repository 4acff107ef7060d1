"""Numbered migrations: `0001_initial.sql`, `0002_….sql`, each applied once and whole, by whichever copy is first."""

from importlib.resources.abc import Traversable

import asyncpg

from appshare import errors

_LOCK = 0x61707073
"""The advisory lock of whoever migrates: any number that no other program takes in the same database."""


async def migrate(connection: asyncpg.Connection, schema: str, folder: Traversable) -> None:
    """Applies the migrations that a schema lacks; its table `migrations` counts them.

    Copies that start together wait for one another. In a database that speaks the protocol without advisory locks, the
    table's key lets one of them win, and the others fail and find the work done when they start again.

    Raises:
        errors.UnavailableError: STORAGE_UNAVAILABLE, when the schema is of a newer version of the program.
    """
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".sql")), key=lambda file: file.name)
    await connection.execute("SELECT pg_advisory_lock($1, hashtext($2))", _LOCK, schema)
    try:
        await connection.execute(
            f'CREATE SCHEMA IF NOT EXISTS "{schema}";'
            "CREATE TABLE IF NOT EXISTS migrations (number integer PRIMARY KEY, name text NOT NULL)"
        )
        applied = await connection.fetchval("SELECT count(*) FROM migrations")
        if applied > len(files):
            raise errors.UnavailableError(
                errors.Reason.STORAGE_UNAVAILABLE,
                f"the database has {applied} migrations, this version knows {len(files)}: start a newer version",
            )
        for number, file in enumerate(files[applied:], start=applied + 1):
            async with connection.transaction():
                await connection.execute("INSERT INTO migrations (number, name) VALUES ($1, $2)", number, file.name)
                await connection.execute(file.read_text(encoding="utf-8"))
    finally:
        await connection.execute("SELECT pg_advisory_unlock($1, hashtext($2))", _LOCK, schema)
