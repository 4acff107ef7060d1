"""What the server or the way to it does to PostgreSQL, as typed errors."""

from datetime import timedelta

import asyncpg

from appshare import errors

_DEFECTS = (
    asyncpg.SyntaxOrAccessError,
    asyncpg.DataError,
    asyncpg.IntegrityConstraintViolationError,
    asyncpg.FeatureNotSupportedError,
)
"""Errors of ours, not of the storage."""

CONFLICTS = (asyncpg.SerializationError, asyncpg.DeadlockDetectedError, asyncpg.LockNotAvailableError)
"""Two transactions at once of which only one can be: the other is to be tried again."""

FAILURES = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError)


class translated:  # noqa: N801 - read as a function: `with translated():`
    """Raises what PostgreSQL cannot do as a typed error; a driver's message never leaves the store."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: object, error: BaseException | None, _traceback: object) -> None:
        if isinstance(error, asyncpg.CharacterNotInRepertoireError):
            raise errors.InvalidArgumentError(
                errors.Reason.INVALID_FIELD, "text must not hold the character NUL, which the database cannot keep"
            ) from error
        if isinstance(error, FAILURES) and not isinstance(error, _DEFECTS):
            raise unavailable(error) from error


def unavailable(error: BaseException) -> errors.UnavailableError:
    """The refusal of what PostgreSQL could not do.

    Whether a change was made that was being committed just when the connection broke, nobody knows: what is asked
    again with the same request id is done once.
    """
    return errors.UnavailableError(
        errors.Reason.STORAGE_UNAVAILABLE,
        f"the database cannot be used ({type(error).__name__}); try again shortly",
        retry_after=timedelta(seconds=1),
    )


def unreachable(error: BaseException) -> errors.UnavailableError:
    """The refusal to start without PostgreSQL; neither its address nor a password is in it."""
    return errors.UnavailableError(
        errors.Reason.STORAGE_UNAVAILABLE,
        f"PostgreSQL cannot be reached ({type(error).__name__}): look at the URL in APPSHARE_DATABASE",
    )
