"""An SQLite database of one service: opened, migrated, read and written."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Sequence
from contextlib import asynccontextmanager, closing, suppress
from functools import partial
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, TypeVar

import aiosqlite

from appshare.sqlite.commit_groups import LARGEST_GROUP, Change, Group, run_each, until_told
from appshare.sqlite.connections import (
    connection_at_hand,
    in_one_go,
    on_one_state,
    open_connection,
    open_savepoint,
    without_references,
)
from appshare.sqlite.migrations import migrate
from appshare.sqlite.trouble import translated

Parameters = Sequence[Any]
Result = TypeVar("Result")

_CHECKPOINT_INTERVAL = 10.0
"""Seconds after which the log of changes is emptied: it would keep what was deleted."""


class Database:
    """Reads run beside one writer; writes are transactions, one after the other.

    Transactions that wait for the writer join the one that runs as savepoints and share its COMMIT, the dear part.
    """

    def __init__(self, writer: aiosqlite.Connection, reader: aiosqlite.Connection, at_hand: sqlite3.Connection) -> None:
        self._writer = writer
        self._reader = reader
        self._at_hand = at_hand
        self._turn = asyncio.Lock()
        self._group: Group | None = None
        self._changes: list[Change[Any]] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._checkpoint_due = False

    async def read(self, sql: str, parameters: Parameters = ()) -> list[sqlite3.Row]:
        """All rows of a query, as they are after the last finished transaction.

        Raises:
            errors.UnavailableError: STORAGE_UNAVAILABLE.
        """
        with translated():
            return list(await self._reader.execute_fetchall(sql, parameters))

    async def read_one(self, sql: str, parameters: Parameters = ()) -> sqlite3.Row | None:
        """The first row of a query, or None.

        Raises:
            errors.UnavailableError: STORAGE_UNAVAILABLE.
        """
        rows = await self.read(sql, parameters)
        return rows[0] if rows else None

    async def run(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        """Runs a function that reads, on one state of the database, in one go: a call to its thread is dear.

        Raises:
            errors.UnavailableError: STORAGE_UNAVAILABLE.
        """
        with translated():
            return await in_one_go(self._reader, partial(on_one_state, work))

    def look_up(self, query: Callable[[sqlite3.Connection], Result]) -> Result:
        """Runs a function of one query that finds a few rows by their keys, at once.

        It holds up the event loop for less time than to call a thread would. What reads more belongs into `run`.

        Raises:
            errors.UnavailableError: STORAGE_UNAVAILABLE.
        """
        with translated():
            return query(self._at_hand)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator["Transaction"]:
        """Everything done in it is on disk when the context ends, or nothing when it raises.

        It may see what another has written whose COMMIT it shares: both become durable, or neither.

        Raises:
            errors.UnavailableError: STORAGE_UNAVAILABLE; nothing was changed.
        """
        with translated():
            group = await self._turn_in_a_group()
            group.members += 1
            try:
                try:
                    await self._begin(group.members)
                    yield Transaction(self._writer)
                except BaseException as error:
                    await self._undo(group, error)
                    raise
                if group.members == 1:
                    self._start(self._commit(group))
            finally:
                self._turn.release()
        await group.durable()

    async def change(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        """Runs a function that reads and writes, as a transaction: on disk when this returns, or nothing of it.

        The changes that wait for the writer run in one go and share its COMMIT: to call its thread for each is dear.

        Raises:
            errors.UnavailableError: STORAGE_UNAVAILABLE; nothing was changed.
        """
        change = Change(work)
        self._changes.append(change)
        if len(self._changes) == 1:
            self._start(self._run_changes())
        with translated():
            return await until_told(change.outcome)

    async def rebuild(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        """Runs a function as a transaction of its own in which references are not checked, nor followed by deletions.

        Raises:
            errors.UnavailableError: STORAGE_UNAVAILABLE; nothing was changed.
        """
        with translated():
            await self._turn_alone()
            try:
                # Cancelled, it goes on; whoever is next is behind it in the writer's thread.
                return await in_one_go(self._writer, partial(without_references, work))
            finally:
                self._turn.release()

    async def checkpoint(self) -> None:
        """Empties the log of changes into the database file: now, or behind the COMMIT that is due."""
        self._checkpoint_due = True
        async with self._turn:
            if self._group is None:
                await self._checkpoint_when_due()

    async def settle(self) -> None:
        """Waits for what cancelled calls have left to be committed."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def _turn_in_a_group(self) -> Group:
        """Waits for the writer; returns the group to join. A full one is left to its COMMIT, which waits already."""
        while True:
            await self._turn.acquire()
            if self._group is None:
                self._group = Group()
            if self._group.joinable:
                return self._group
            self._turn.release()

    async def _turn_alone(self) -> None:
        """Waits for the writer outside of any transaction: behind the COMMIT of the group that there is."""
        await self._turn.acquire()
        while self._group is not None:
            self._turn.release()
            await asyncio.sleep(0)  # its COMMIT may not have begun to wait
            await self._turn.acquire()

    async def _begin(self, member: int) -> None:
        if member == 1:
            await self._writer.execute("BEGIN IMMEDIATE")
        else:
            await in_one_go(self._writer, partial(open_savepoint, member))

    async def _undo(self, group: Group, error: BaseException) -> None:
        """Takes back what the last member did, and only that.

        Every statement is queued behind those that a cancelled call has left running.
        """
        if group.members == 1:
            self._group = None
            await self._writer.rollback()  # does nothing when SQLite did it by itself, as on a full disk
            return
        # Until this has worked, none may join: where SQLite has ended the whole transaction, another savepoint would
        # begin a new one. The COMMIT tells.
        group.closed = True
        try:
            await self._writer.execute(f"ROLLBACK TO member_{group.members}")
            group.closed = False
        except sqlite3.Error as failure:
            group.trouble = error if isinstance(error, sqlite3.Error) else failure
            await self._writer.rollback()

    def _start(self, act: Coroutine[Any, Any, None]) -> None:
        """Has something done by a task, which no caller's cancelling reaches."""
        task = asyncio.create_task(act)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run_changes(self) -> None:
        """Runs the changes that wait when it is the writer's turn."""
        taken: list[Change[Any]] = []
        try:
            async with self.transaction() as transaction:
                taken = self._take_changes()
                await transaction.run(partial(run_each, taken))
        except Exception as error:  # whoever waits is told, whatever it is
            for change in taken or self._take_changes():
                change.outcome.set_exception(error)
        else:
            for change in taken:
                change.tell()

    def _take_changes(self) -> list[Change[Any]]:
        """The changes that wait. Of very many, the rest takes another turn."""
        taken, self._changes = self._changes[:LARGEST_GROUP], self._changes[LARGEST_GROUP:]
        if self._changes:
            self._start(self._run_changes())
        return taken

    async def _commit(self, group: Group) -> None:
        """Commits behind those who wait already, which join the group."""
        async with self._turn:
            self._group = None
            try:
                await self._writer.execute("COMMIT")
            except sqlite3.Error as error:
                await self._writer.rollback()
                group.outcome.set_result(group.trouble or error)
            else:
                group.outcome.set_result(None)
            await self._checkpoint_when_due()

    async def _checkpoint_when_due(self) -> None:
        if self._checkpoint_due:
            with suppress(sqlite3.Error):  # what troubles the disk, the next write tells
                [row] = await self._writer.execute_fetchall("PRAGMA wal_checkpoint(TRUNCATE)")
                self._checkpoint_due = bool(row["busy"])


class Transaction:
    """Reads and writes inside a transaction."""

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._connection = connection

    async def read(self, sql: str, parameters: Parameters = ()) -> list[sqlite3.Row]:
        """All rows of a query."""
        return list(await self._connection.execute_fetchall(sql, parameters))

    async def read_one(self, sql: str, parameters: Parameters = ()) -> sqlite3.Row | None:
        """The first row of a query, or None."""
        rows = await self.read(sql, parameters)
        return rows[0] if rows else None

    async def write(self, sql: str, parameters: Parameters = ()) -> int:
        """Runs a statement; returns how many rows it changed."""
        cursor = await self._connection.execute(sql, parameters)
        return cursor.rowcount

    async def insert(self, sql: str, parameters: Parameters = ()) -> int:
        """Runs an INSERT of one row; returns its row id."""
        row_id = (await self._connection.execute_insert(sql, parameters) or (0,))[0]
        return int(row_id)

    async def write_many(self, sql: str, rows: Iterable[Parameters]) -> None:
        """Runs a statement once per row."""
        await self._connection.executemany(sql, rows)

    async def run(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        """Runs a function that reads and writes, in one go: a call to the database's thread is dear."""
        return await in_one_go(self._connection, work)


@asynccontextmanager
async def open_database(path: Path, migrations: Traversable) -> AsyncIterator[Database]:
    """Opens the database at `path`, created when missing, after applying the `NNNN_*.sql` files of `migrations`.

    Raises:
        errors.UnavailableError: STORAGE_UNAVAILABLE, when it cannot be opened or is of a newer version of the program.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with translated():
        async with open_connection(path) as writer:
            await migrate(writer, migrations)
            async with open_connection(path) as reader:
                await reader.execute("PRAGMA query_only = ON")
                with closing(connection_at_hand(path)) as at_hand:
                    database = Database(writer, reader, at_hand)
                    async with _checkpoints(database):
                        yield database


@asynccontextmanager
async def _checkpoints(database: Database) -> AsyncIterator[None]:
    """Keeps what was deleted from lingering in the log of changes."""

    async def keep_emptying() -> None:
        while True:
            await asyncio.sleep(_CHECKPOINT_INTERVAL)
            await database.checkpoint()

    emptying = asyncio.create_task(keep_emptying())
    try:
        yield
    finally:
        emptying.cancel()
        await database.settle()
