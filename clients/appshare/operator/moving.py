"""A deployment moved between SQLite and PostgreSQL: a place where a client reaches into the servers' own code.

What is moved are the servers' databases, which nobody else may describe; the contract of imports names this module as
an exception.
"""

from collections.abc import Callable
from pathlib import Path

from appshare.command_line.failure import FailureError
from appshare.moving.moves import Moved
from appshare.moving.trouble import MoveError
from appshare.server import moving

__all__ = ["Moved", "Seen", "packages_to_bucket", "to_postgresql", "to_sqlite"]

Seen = Callable[[str, str, int], None]
"""Is told of a service and a table how many rows have been copied, again and again."""


async def to_postgresql(data: Path, url: str, seen: Seen, *, replace: bool) -> list[Moved]:
    """Moves what the databases of a data folder hold, in use or not, into PostgreSQL.

    Raises:
        FailureError: with what to do.
        errors.UnavailableError: STORAGE_UNAVAILABLE, a database is of a newer version.
        OSError: the folder cannot be read.
    """
    try:
        return await moving.move_to_postgresql(data, url, seen, replace=replace)
    except MoveError as error:
        raise FailureError("NOT_MOVED", str(error)) from error


async def packages_to_bucket(data: Path, url: str, seen: Callable[[int], None]) -> tuple[int, list[str]]:
    """Copies the package files of a data folder into a bucket; how many there are, and the digests of damaged ones.

    Raises:
        FailureError: not a bucket's address.
        errors.UnavailableError: STORAGE_UNAVAILABLE; the files so far are there.
        OSError: a file cannot be read.
    """
    try:
        return await moving.copy_packages(data, url, seen)
    except MoveError as error:
        raise FailureError("NOT_MOVED", str(error)) from error


async def to_sqlite(url: str, data: Path, seen: Seen, *, replace: bool) -> list[Moved]:
    """Moves what is in PostgreSQL into the databases of a data folder that no server uses.

    Raises:
        FailureError: with what to do.
        errors.UnavailableError: STORAGE_UNAVAILABLE, a schema is of a newer version.
        OSError: the folder cannot be used, or a server uses it.
    """
    try:
        return await moving.move_to_sqlite(url, data, seen, replace=replace)
    except MoveError as error:
        raise FailureError("NOT_MOVED", str(error)) from error
