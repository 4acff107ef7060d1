"""The data folder of the servers, as a backup reads it while they run."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from appshare.command_line.input_error import InputError

SERVICES = ("relation-radar", "share-registry", "app-download", "gateway")

PACKAGES = "app-download/packages"
"""Files under their SHA-256, which never change."""

_NOT_KEPT = {".lock", "endpoints.json"}
_BESIDE_A_DATABASE = ("-wal", "-shm", "-journal")


class DataFolder:
    """What the services keep in their folders.

    Raises:
        InputError: no service has a folder there.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._services = [path / name for name in SERVICES if (path / name).is_dir()]
        if not self._services:
            raise InputError(f"{path} holds nothing of a cloud; say with --data where the servers keep their data")

    def databases(self) -> Iterator[Path]:
        """The databases."""
        for service in self._services:
            yield from sorted(service.glob("*.db"))

    def other_files(self) -> Iterator[Path]:
        """Keys, tokens, and whatever else a service keeps in a file of its own."""
        for service in self._services:
            for path in sorted(service.iterdir()):
                if path.is_file() and path.suffix != ".db" and not _is_left_out(path.name):
                    yield path

    def packages(self) -> Iterator[Path]:
        """The package files that are there now."""
        yield from sorted((self.path / PACKAGES).glob("??/*"))


def copy_database(source: Path, target: Path) -> None:
    """Copies a database as it is at one moment, without what was deleted from it, while others write to it.

    Raises:
        InputError: it is damaged.
    """
    try:
        with closing(sqlite3.connect(source, timeout=60)) as database:
            database.execute("VACUUM INTO ?", (str(target),))
        require_sound(target)
    except sqlite3.DatabaseError as error:
        raise InputError(f"{source} cannot be copied: {error}") from None
    target.chmod(0o600)


def require_sound(database: Path) -> None:
    """Refuses a database that SQLite finds damaged.

    Raises:
        InputError: with what SQLite says.
    """
    with closing(sqlite3.connect(f"file:{database}?mode=ro&immutable=1", uri=True)) as connection:
        try:
            [verdict] = connection.execute("PRAGMA quick_check(1)").fetchone()
        except sqlite3.DatabaseError as error:
            verdict = str(error)
    if verdict != "ok":
        raise InputError(f"{database} is damaged: {verdict}")


def _is_left_out(name: str) -> bool:
    return name in _NOT_KEPT or name.startswith(".") or name.endswith(_BESIDE_A_DATABASE)
