"""An SQLite database of one service: opened, migrated, read and written."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable, Sequence
from contextlib import asynccontextmanager, closing, suppress
from functools import partial
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Generic, TypeVar

import aiosqlite

from appshare import errors
from appshare.sql.migrations import migrate

Parameters = Sequence[Any]
Result = TypeVar("Result")

_PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    # What was acknowledged is on disk, also after a power cut.
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA busy_timeout = 5000",
    # What was deleted is overwritten.
    "PRAGMA secure_delete = ON",
    # What a savepoint keeps for its undoing stays out of temporary files.
    "PRAGMA temp_store = MEMORY",
    # In pages: 64 MiB, so that a page that many transactions change is written back to the database file once.
    "PRAGMA wal_autocheckpoint = 16384",
    # In KiB, when negative, taken as needed: a whole group's changed pages.
    "PRAGMA cache_size = -65536",
)

_DEFECTS = (sqlite3.IntegrityError, sqlite3.ProgrammingError)
"""Errors of ours, not of the storage."""

_LARGEST_GROUP = 128
"""Transactions that share a COMMIT: none waits for more than these."""

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
        self._group: _Group | None = None
        self._changes: list[_Change[Any]] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._checkpoint_due = False

    async def read(self, sql: str, parameters: Parameters = ()) -> list[sqlite3.Row]:
        """All rows of a query, as they are after the last finished transaction.

        Raises:
            errors.UnavailableError: STORAGE_UNAVAILABLE.
        """
        with _translated():
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
        with _translated():
            return await _in_one_go(self._reader, partial(_on_one_state, work))

    def look_up(self, query: Callable[[sqlite3.Connection], Result]) -> Result:
        """Runs a function of one query that finds a few rows by their keys, at once.

        It holds up the event loop for less time than to call a thread would. What reads more belongs into `run`.

        Raises:
            errors.UnavailableError: STORAGE_UNAVAILABLE.
        """
        with _translated():
            return query(self._at_hand)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator["Transaction"]:
        """Everything done in it is on disk when the context ends, or nothing when it raises.

        It may see what another has written whose COMMIT it shares: both become durable, or neither.

        Raises:
            errors.UnavailableError: STORAGE_UNAVAILABLE; nothing was changed.
        """
        with _translated():
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
        change = _Change(work)
        self._changes.append(change)
        if len(self._changes) == 1:
            self._start(self._run_changes())
        with _translated():
            return await _until_told(change.outcome)

    async def rebuild(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        """Runs a function as a transaction of its own in which references are not checked, nor followed by deletions.

        Raises:
            errors.UnavailableError: STORAGE_UNAVAILABLE; nothing was changed.
        """
        with _translated():
            await self._turn_alone()
            try:
                # Cancelled, it goes on; whoever is next is behind it in the writer's thread.
                return await _in_one_go(self._writer, partial(_without_references, work))
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

    async def _turn_in_a_group(self) -> "_Group":
        """Waits for the writer; returns the group to join. A full one is left to its COMMIT, which waits already."""
        while True:
            await self._turn.acquire()
            if self._group is None:
                self._group = _Group()
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
            await _in_one_go(self._writer, partial(_open_savepoint, member))

    async def _undo(self, group: "_Group", error: BaseException) -> None:
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
        taken: list[_Change[Any]] = []
        try:
            async with self.transaction() as transaction:
                taken = self._take_changes()
                await transaction.run(partial(_run_each, taken))
        except Exception as error:  # whoever waits is told, whatever it is
            for change in taken or self._take_changes():
                change.outcome.set_exception(error)
        else:
            for change in taken:
                change.tell()

    def _take_changes(self) -> "list[_Change[Any]]":
        """The changes that wait. Of very many, the rest takes another turn."""
        taken, self._changes = self._changes[:_LARGEST_GROUP], self._changes[_LARGEST_GROUP:]
        if self._changes:
            self._start(self._run_changes())
        return taken

    async def _commit(self, group: "_Group") -> None:
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


class _Group:
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
        return not self.closed and self.members < _LARGEST_GROUP

    async def durable(self) -> None:
        """Waits for the COMMIT.

        Raises:
            errors.UnavailableError: STORAGE_UNAVAILABLE; nothing was changed.
        """
        error = await _until_told(self.outcome)
        if error:
            raise _unavailable(error) from error


class _Change(Generic[Result]):
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
        return await _in_one_go(self._connection, work)


@asynccontextmanager
async def open_database(path: Path, migrations: Traversable) -> AsyncIterator[Database]:
    """Opens the database at `path`, created when missing, after applying the `NNNN_*.sql` files of `migrations`.

    Raises:
        errors.UnavailableError: STORAGE_UNAVAILABLE, when it cannot be opened or is of a newer version of the program.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _translated():
        async with _connection(path) as writer:
            await migrate(writer, migrations)
            async with _connection(path) as reader:
                await reader.execute("PRAGMA query_only = ON")
                with closing(_connection_at_hand(path)) as at_hand:
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


@asynccontextmanager
async def _connection(path: Path) -> AsyncIterator[aiosqlite.Connection]:
    # What cannot be opened is told here: aiosqlite would leave a thread behind that fails once more, on its own.
    await asyncio.to_thread(lambda: sqlite3.connect(path).close())
    async with aiosqlite.connect(path, isolation_level=None) as connection:
        connection.row_factory = sqlite3.Row
        for pragma in _PRAGMAS:
            await connection.execute(pragma)
        yield connection


def _connection_at_hand(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.row_factory = sqlite3.Row
    for pragma in (*_PRAGMAS, "PRAGMA query_only = ON"):
        connection.execute(pragma)
    return connection


async def _in_one_go(connection: aiosqlite.Connection, work: Callable[[sqlite3.Connection], Result]) -> Result:
    """Runs a function in the thread of a connection."""
    execute: Callable[..., Awaitable[Result]] = connection._execute  # noqa: SLF001 - there is no public way
    return await execute(work, connection._conn)  # noqa: SLF001 - as above


def _run_each(changes: "Iterable[_Change[Any]]", connection: sqlite3.Connection) -> None:
    for change in changes:
        change.run(connection)


async def _until_told(outcome: asyncio.Future[Result]) -> Result:
    """Waits for an outcome, also when cancelled: whoever reads after a cancelled call reads what has become of it."""
    try:
        return await asyncio.shield(outcome)
    except asyncio.CancelledError:
        await asyncio.wait([outcome])
        raise


def _on_one_state(work: Callable[[sqlite3.Connection], Result], connection: sqlite3.Connection) -> Result:
    connection.execute("BEGIN")
    try:
        return work(connection)
    finally:
        connection.rollback()


def _without_references(work: Callable[[sqlite3.Connection], Result], connection: sqlite3.Connection) -> Result:
    connection.execute("PRAGMA foreign_keys = OFF")  # does nothing inside a transaction
    try:
        connection.execute("BEGIN IMMEDIATE")
        try:
            result = work(connection)
            connection.execute("COMMIT")
        except BaseException:
            connection.rollback()
            raise
        return result
    finally:
        connection.execute("PRAGMA foreign_keys = ON")


def _open_savepoint(member: int, connection: sqlite3.Connection) -> None:
    """Ends the savepoint of the member before, which the first has none of, and opens another."""
    if member > 2:  # noqa: PLR2004 - the first is in the transaction itself
        connection.execute(f"RELEASE member_{member - 1}")
    connection.execute(f"SAVEPOINT member_{member}")


class _translated:  # noqa: N801 - read as a function: `with _translated():`
    """Raises what the disk or the file does to SQLite as a typed error; a driver's message never leaves the store."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: object, error: BaseException | None, _traceback: object) -> None:
        if not isinstance(error, sqlite3.DatabaseError) or isinstance(error, _DEFECTS):
            return
        if _name_of(error) != "SQLITE_ERROR":  # wrong SQL is a defect of ours too
            raise _unavailable(error) from error


def _unavailable(error: sqlite3.Error) -> errors.UnavailableError:
    return errors.UnavailableError(
        errors.Reason.STORAGE_UNAVAILABLE,
        f"the database cannot be used ({_name_of(error)}); nothing was changed",
    )


def _name_of(error: sqlite3.Error) -> str:
    """SQLite's symbolic name of an error, for example SQLITE_FULL."""
    return getattr(error, "sqlite_errorname", None) or type(error).__name__
