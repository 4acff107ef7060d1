"""What the disk or the file does to SQLite, as typed errors."""

import sqlite3

from appshare import errors

_DEFECTS = (sqlite3.IntegrityError, sqlite3.ProgrammingError)
"""Errors of ours, not of the storage."""


class translated:  # noqa: N801 - read as a function: `with _translated():`
    """Raises what the disk or the file does to SQLite as a typed error; a driver's message never leaves the store."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: object, error: BaseException | None, _traceback: object) -> None:
        if not isinstance(error, sqlite3.DatabaseError) or isinstance(error, _DEFECTS):
            return
        if _name_of(error) != "SQLITE_ERROR":  # wrong SQL is a defect of ours too
            raise unavailable(error) from error


def unavailable(error: sqlite3.Error) -> errors.UnavailableError:
    """The refusal of what SQLite could not do."""
    return errors.UnavailableError(
        errors.Reason.STORAGE_UNAVAILABLE,
        f"the database cannot be used ({_name_of(error)}); nothing was changed",
    )


def _name_of(error: sqlite3.Error) -> str:
    """SQLite's symbolic name of an error, for example SQLITE_FULL."""
    return getattr(error, "sqlite_errorname", None) or type(error).__name__
