"""The same work in bare SQLite: what the disk and the library cost, and nothing else."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path

from appshare.share_registry.model import App

_SCHEMA = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
PRAGMA cache_size = -65536;
PRAGMA wal_autocheckpoint = 16384;
CREATE TABLE apps (owner TEXT, platform TEXT, name TEXT, label TEXT, version TEXT, code INTEGER, signer TEXT, icon TEXT,
    PRIMARY KEY (owner, name)) WITHOUT ROWID;
CREATE TABLE events (device TEXT, position INTEGER, content TEXT, PRIMARY KEY (device, position)) WITHOUT ROWID;
"""


class Bare:
    """Apps and events as rows."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.executescript(_SCHEMA)
        self._position = 0

    def publish(self, owner: str, apps: Sequence[App]) -> None:
        """Writes a row per app, in one transaction."""
        self._connection.execute("BEGIN IMMEDIATE")
        self._connection.executemany(
            "INSERT OR REPLACE INTO apps VALUES (?, ?, ?, ?, ?, ?, ?, ?)", [(owner, *app) for app in apps]
        )
        self._connection.execute("COMMIT")

    def list_apps(self, owners: Sequence[str], limit: int) -> list[tuple[object, ...]]:
        """Reads the first apps of owners."""
        marks = ", ".join("?" * len(owners))
        return self._connection.execute(
            f"SELECT * FROM apps WHERE owner IN ({marks}) ORDER BY owner, name LIMIT {limit}",  # noqa: S608
            owners,
        ).fetchall()

    def push(self, devices: Sequence[str], content: str) -> None:
        """Writes a row per device, in one transaction."""
        self._position += 1
        self._connection.execute("BEGIN IMMEDIATE")
        self._connection.executemany(
            "INSERT INTO events VALUES (?, ?, ?)", [(device, self._position, content) for device in devices]
        )
        self._connection.execute("COMMIT")

    def close(self) -> None:
        self._connection.close()
