"""The same work in bare SQLite: what the disk and the library cost, and nothing else."""

import sqlite3
from array import array
from collections.abc import Iterable, Sequence
from pathlib import Path

from benchmarks.radar.population import Person

_SCHEMA = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
PRAGMA secure_delete = ON;
PRAGMA temp_store = MEMORY;
PRAGMA cache_size = -65536;
PRAGMA wal_autocheckpoint = 16384;
CREATE TABLE books (device INTEGER PRIMARY KEY, numbers BLOB NOT NULL);
CREATE TABLE entries (device INTEGER, number INTEGER, PRIMARY KEY (device, number)) WITHOUT ROWID;
"""


class Bare:
    """Books as blobs, to check; and as rows with an index by number, to write."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.executescript(_SCHEMA)

    def fill(self, people: Sequence[Person]) -> None:
        """Stores the books of all both ways; device 1 is the first."""
        books = [(key, array("q", sorted(each.contacts))) for key, each in enumerate(people, start=1)]
        self._connection.execute("BEGIN")
        self._connection.executemany(
            "INSERT INTO books VALUES (?, ?)", ((key, numbers.tobytes()) for key, numbers in books)
        )
        self._connection.executemany(
            "INSERT INTO entries VALUES (?, ?)", ((key, number) for key, numbers in books for number in numbers)
        )
        self._connection.execute("CREATE INDEX entries_by_number ON entries (number, device)")
        self._connection.execute("COMMIT")
        self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def common(self, one: int, other: int) -> set[int]:
        """Reads two books and intersects them."""
        return self._numbers(one) & self._numbers(other)

    def insert(self, books: Iterable[tuple[int, Sequence[int]]]) -> None:
        """Writes a row per contact of the books, in one transaction."""
        self._connection.execute("BEGIN IMMEDIATE")
        for device, numbers in books:
            self._connection.executemany("INSERT INTO entries VALUES (?, ?)", [(device, number) for number in numbers])
        self._connection.execute("COMMIT")

    def forget(self) -> None:
        """Empties SQLite's cache."""
        self._connection.execute("PRAGMA shrink_memory")

    def close(self) -> None:
        self._connection.close()

    def _numbers(self, device: int) -> set[int]:
        [(blob,)] = self._connection.execute("SELECT numbers FROM books WHERE device = ?", (device,))
        return set(array("q", blob))
