"""Transactions and changes that share a COMMIT."""

import asyncio
import sqlite3
from collections.abc import Callable, Iterable
from typing import Any, Generic, TypeVar

from appshare.sqlite.trouble import unavailable

Result = TypeVar("Result")

LARGEST_GROUP = 128
"""Transactions that share a COMMIT: none waits for more than these."""


class Group:
    """Transactions that share a COMMIT.

    Attributes:
        members: how many have joined.
        closed: none may join any more.
        trouble: why SQLite may have ended the whole transaction.
        outcome: of the COMMIT.
    """

    def __init__(self) -> None:
        self.members = 0
        self.closed = False
        self.trouble: sqlite3.Error | None = None
        self.outcome: asyncio.Future[sqlite3.Error | None] = asyncio.get_running_loop().create_future()

    @property
    def joinable(self) -> bool:
        """Whether one more may take part."""
        return not self.closed and self.members < LARGEST_GROUP

    async def durable(self) -> None:
        """Waits for the COMMIT.

        Raises:
            errors.UnavailableError: STORAGE_UNAVAILABLE; nothing was changed.
        """
        error = await until_told(self.outcome)
        if error:
            raise unavailable(error) from error


class Change(Generic[Result]):
    """A function that waits to be run as a transaction.

    Attributes:
        value: what it has returned.
        error: what it has raised.
        outcome: either of them, once it is on disk.
    """

    value: Result

    def __init__(self, work: Callable[[sqlite3.Connection], Result]) -> None:
        self.work = work
        self.error: Exception | None = None
        self.outcome: asyncio.Future[Result] = asyncio.get_running_loop().create_future()

    def run(self, connection: sqlite3.Connection) -> None:
        """Does the work, or nothing of it.

        Raises:
            sqlite3.Error: SQLite has ended the whole transaction, as on a full disk.
        """
        connection.execute("SAVEPOINT change")
        try:
            self.value = self.work(connection)
        except Exception as error:
            if not connection.in_transaction:
                raise
            self.error = error
            connection.execute("ROLLBACK TO change")
        connection.execute("RELEASE change")

    def tell(self) -> None:
        """Tells whoever waits."""
        if self.error is None:
            self.outcome.set_result(self.value)
        else:
            self.outcome.set_exception(self.error)


def run_each(changes: Iterable[Change[Any]], connection: sqlite3.Connection) -> None:
    """Runs changes one after the other; what one raises is its own."""
    for change in changes:
        change.run(connection)


async def until_told(outcome: asyncio.Future[Result]) -> Result:
    """Waits for an outcome, also when cancelled: whoever reads after a cancelled call reads what has become of it."""
    try:
        return await asyncio.shield(outcome)
    except asyncio.CancelledError:
        await asyncio.wait([outcome])
        raise
