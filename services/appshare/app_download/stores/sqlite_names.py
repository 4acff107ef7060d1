"""Apps by name in SQLite: those of the catalogue and those that the upstreams list.

Functions on a connection: run in one go (`Database.run`, `Database.change`).
"""

import json
import sqlite3
from collections.abc import Collection, Sequence

from appshare.app_download.model import PackageManifest
from appshare.app_download.package import Package
from appshare.app_download.package_reading.report import build_from
from appshare.app_download.upstreams.model import FoundApp, FoundName

_ROWS_AT_ONCE = 200
"""Packages whose words are read from their builds in one transaction: others write in between."""

_HOLDS_ALL = "NOT EXISTS (SELECT 1 FROM json_each(:words) AS word WHERE NOT instr({}, word.value))"


def read_words(connection: sqlite3.Connection) -> bool:
    """Fills in the words of packages that came before there were words; True: there are more such packages."""
    rows = connection.execute(
        "SELECT package_id, build FROM packages WHERE words IS NULL LIMIT ?", (_ROWS_AT_ONCE,)
    ).fetchall()
    connection.executemany(
        "UPDATE packages SET words = ? WHERE package_id = ?",
        [(Package(package_id="", build=build_from(row["build"])).words, row["package_id"]) for row in rows],
    )
    return len(rows) == _ROWS_AT_ONCE


def names(words: Sequence[str], after: str, limit: int, connection: sqlite3.Connection) -> list[FoundName]:
    """Apps whose names hold all of the words, by package name from behind one, each once."""
    rows = connection.execute(
        "SELECT package_name, max(listed) AS listed FROM ("
        " SELECT package_name, 0 AS listed FROM packages"
        f" WHERE package_name > :after AND {_HOLDS_ALL.format('words')}"
        " UNION ALL SELECT package_name, 1 FROM upstreams JOIN upstream_apps AS app USING (index_id)"
        f" WHERE package_name > :after AND {_HOLDS_ALL.format('app.words')}"
        ") GROUP BY package_name ORDER BY package_name LIMIT :limit",
        {"words": json.dumps(words), "after": after, "limit": limit},
    )
    return [FoundName(row["package_name"], bool(row["listed"])) for row in rows]


def listed(package_names: Collection[str], connection: sqlite3.Connection) -> dict[str, FoundApp]:
    """What the first upstream that has an app lists as its newest version, by package name."""
    rows = connection.execute(
        "SELECT package_name, label, name, build, max(version_code) FROM upstreams"
        " JOIN upstream_apps USING (index_id) JOIN upstream_versions USING (index_id, package_name)"
        " WHERE package_name IN (SELECT value FROM json_each(?))"
        " GROUP BY upstream_id, package_name ORDER BY upstream_id DESC",
        (json.dumps(sorted(package_names)),),
    )
    return {row["package_name"]: found(_manifest(row["build"]), row["label"], row["name"]) for row in rows}


def search(words: Sequence[str], size: int, connection: sqlite3.Connection) -> list[FoundApp]:
    """Apps whose names hold all of the words, with their newest version: of the catalogue, then of the upstreams."""
    here = connection.execute(
        "SELECT build, max(version_code) FROM packages"
        f" WHERE {_HOLDS_ALL.format('words')} GROUP BY package_name ORDER BY package_name LIMIT :size",
        {"words": json.dumps(words), "size": size},
    )
    present = [found(manifest, manifest.label, "") for manifest in (_manifest(row["build"]) for row in here)]
    rows = connection.execute(
        "SELECT name, label, build, max(version_code) FROM upstreams"
        " JOIN upstream_apps AS app USING (index_id) JOIN upstream_versions USING (index_id, package_name)"
        f" WHERE {_HOLDS_ALL.format('app.words')}"
        " GROUP BY upstream_id, package_name ORDER BY package_name, upstream_id LIMIT :size",
        {"words": json.dumps(words), "size": size - len(present)},
    )
    return [*present, *(found(_manifest(row["build"]), row["label"], row["name"]) for row in rows)]


def found(manifest: PackageManifest, label: str, upstream: str) -> FoundApp:
    """An app as a search tells it."""
    return FoundApp(manifest.package_name, label, manifest.version_name, manifest.version_code, upstream)


def _manifest(build: str) -> PackageManifest:
    return Package(package_id="", build=build_from(build)).manifest
