"""Owners with apps that they share with their friends."""

import sqlite3
from functools import cache
from pathlib import Path
from random import Random

from appshare.share_registry.model import App, Audience, AudienceKind, Platform
from appshare.share_registry.stores import sqlite_shares
from appshare.share_registry.visibility import keys_admitted

APPS = 60
FRIENDS = 50

_POPULAR = 100
_OTHERS = 20_000
_SETS = 1_000
_OWNERS_PER_COMMIT = 1_000


def owner_id(index: int) -> str:
    return f"owner-{index:016d}"


def apps_of(index: int) -> list[App]:
    """One of a thousand sets of 60 apps, 25 of which are among the hundred that most people have."""
    return _set_of_apps(index % _SETS)


@cache
def _set_of_apps(number: int) -> list[App]:
    random = Random(number)  # noqa: S311 - the same apps in every run
    numbers = {*random.sample(range(_POPULAR), 25)}
    numbers |= {*random.sample(range(_POPULAR, _POPULAR + _OTHERS), APPS - len(numbers))}
    return [_app(number, random.randrange(1, 5)) for number in sorted(numbers)]


def friends_of(index: int, owners: int) -> list[str]:
    return [owner_id((index + step) % owners) for step in range(1, FRIENDS + 1)]


def fill(path: Path, owners: int) -> None:
    """Stores the apps of so many owners in a database that is there, by the store's own statements."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("PRAGMA cache_size = -262144")
    keys = keys_admitted(Audience(AudienceKind.FRIENDS))
    for first in range(0, owners, _OWNERS_PER_COMMIT):
        connection.execute("BEGIN")
        for index in range(first, min(first + _OWNERS_PER_COMMIT, owners)):
            device_id = owner_id(index)
            connection.executemany("INSERT INTO default_keys VALUES (?, ?)", [(device_id, key) for key in keys])
            connection.execute("INSERT INTO push_preferences VALUES (?, 'friends')", (device_id,))
            sqlite_shares.put_apps(device_id, apps_of(index), connection)
        connection.execute("COMMIT")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


def _app(number: int, version: int) -> App:
    return App(
        Platform.ANDROID, f"org.example.app{number:05}", f"App {number}", f"{version}.0", version, f"{number:064x}", ""
    )
