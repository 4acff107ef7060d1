"""The upstreams of AppDownload in SQLite, beside the catalogue."""

import json
import math
import sqlite3
from collections.abc import Collection, Iterable, Sequence
from functools import partial

from appshare.app_download.model import Artifact
from appshare.app_download.package_reading.report import build_from, build_report
from appshare.app_download.stores import sqlite_names
from appshare.app_download.upstreams.model import (
    Accepted,
    FoundApp,
    FoundName,
    Health,
    ListedApp,
    Offer,
    Source,
    Upstream,
)
from appshare.sqlite.database import Database, Transaction

_SOURCE = "name, address, mirrors, fingerprint, plain_http"
_ACCEPTED = "entry_time, index_sha256, etag, apps, versions, skipped"
_HEALTH = "checked_at, failures, reason, message"
_TABLES = ("upstream_apps", "upstream_versions")
_KEPT = (
    "fetched_packages WHERE NOT EXISTS"
    " (SELECT 1 FROM operator_rows WHERE operator_rows.package_id = fetched_packages.package_id)"
)
_ROWS_AT_ONCE = 2000
"""Rows that go in one transaction where it does not matter when: others write in between."""

_HALF_LIVES_KEPT = 10
"""After which an app that nobody asked for since is forgotten."""


class SqliteUpstreamStore:
    """An `UpstreamStore` on one SQLite database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._has_words = False

    async def add(self, source: Source) -> bool:
        """Stores a repository; False: there is one of that name, and it stays as it is."""
        async with self._database.transaction() as transaction:
            added = await transaction.write(
                f"INSERT OR IGNORE INTO upstreams ({_SOURCE}) VALUES (?, ?, ?, ?, ?)",
                (source.name, source.address, json.dumps(source.mirrors), source.fingerprint, source.plain_http),
            )
        return bool(added)

    async def upstreams(self) -> list[Upstream]:
        """The repositories, in the order in which they were added."""
        rows = await self._database.read(
            f"SELECT {_SOURCE}, {_ACCEPTED}, {_HEALTH} FROM upstreams ORDER BY upstream_id"
        )
        return [Upstream(_source(row), _accepted(row), _health(row)) for row in rows]

    async def remove(self, name: str) -> bool:
        """Removes a repository with all that it lists; False: there is none."""
        async with self._database.transaction() as transaction:
            row = await transaction.read_one("SELECT index_id FROM upstreams WHERE name = ?", (name,))
            if row is None:
                return False
            await transaction.write("DELETE FROM upstreams WHERE name = ?", (name,))
            await _drop(transaction, row["index_id"])
        return True

    async def record(self, name: str, health: Health) -> None:
        """Keeps how a refresh went; nothing when the repository is gone."""
        async with self._database.transaction() as transaction:
            await _record(transaction, name, health)

    async def confirm(self, name: str, health: Health, etag: str) -> None:
        """Keeps that the index in use is the current one."""
        async with self._database.transaction() as transaction:
            await _record(transaction, name, health)
            await transaction.write("UPDATE upstreams SET etag = ? WHERE name = ?", (etag, name))

    async def begin_index(self) -> int:
        """A number for an index that is about to be put beside; what was put beside for nothing goes."""
        for table in _TABLES:
            while await self._drop_some(table):
                pass
        async with self._database.transaction() as transaction:
            return await transaction.insert("INSERT INTO upstream_indices DEFAULT VALUES")

    async def put_apps(self, index: int, apps: Sequence[ListedApp]) -> None:
        """Puts apps of an index beside."""
        async with self._database.transaction() as transaction:
            await transaction.write_many(
                "INSERT INTO upstream_apps (index_id, package_name, label, words, preferred_signer)"
                " VALUES (?, ?, ?, ?, ?)",
                [(index, app.package_name, app.label, app.words, app.preferred_signer) for app in apps],
            )
            await transaction.write_many(
                # The same file may be listed twice; it is one build.
                "INSERT OR IGNORE INTO upstream_versions (index_id, package_name, version_code, sha256, path, build)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                list(_version_rows(index, apps)),
            )

    async def accept(self, name: str, index: int, accepted: Accepted, health: Health) -> bool:
        """Puts an index in the place of the repository's one; False: the repository is gone, and so is the index."""
        async with self._database.transaction() as transaction:
            row = await transaction.read_one("SELECT index_id FROM upstreams WHERE name = ?", (name,))
            if row is None:
                await _drop(transaction, index)
                return False
            await transaction.write(
                "UPDATE upstreams SET index_id = ?, entry_time = ?, index_sha256 = ?, etag = ?, apps = ?, versions = ?,"
                " skipped = ? WHERE name = ?",
                (
                    *(index, accepted.timestamp, accepted.index_sha256, accepted.etag),
                    *(accepted.apps, accepted.versions, accepted.skipped, name),
                ),
            )
            await _record(transaction, name, health)
            await _drop(transaction, row["index_id"])
        return True

    async def offers(self, package_name: str) -> list[tuple[Offer, str]]:
        """All builds of an app with the preferred signer of each repository, in the repositories' order."""
        rows = await self._database.read(
            f"SELECT {_SOURCE}, path, build, preferred_signer FROM upstreams"
            " JOIN upstream_apps USING (index_id) JOIN upstream_versions USING (index_id, package_name)"
            " WHERE package_name = ? ORDER BY upstream_id, version_code DESC, sha256",
            (package_name,),
        )
        return [(_offer(row), row["preferred_signer"]) for row in rows]

    async def offer(self, sha256: str) -> Offer | None:
        """The build whose file has the digest."""
        row = await self._database.read_one(
            f"SELECT {_SOURCE}, path, build FROM upstream_versions JOIN upstreams USING (index_id)"
            " WHERE sha256 = ? ORDER BY upstream_id LIMIT 1",
            (sha256,),
        )
        return _offer(row) if row else None

    async def search(self, words: Sequence[str], size: int) -> list[FoundApp]:
        """Apps whose names hold all of the words (in one case), with their newest version.

        Those of the catalogue first, then those of the upstreams, each by package name.
        """
        await self._require_words()
        return await self._database.run(partial(sqlite_names.search, words, size))

    async def names(self, words: Sequence[str], after: str, limit: int) -> list[FoundName]:
        """Apps whose names hold all of the words (in one case), by package name from behind one, each once."""
        await self._require_words()
        return await self._database.run(partial(sqlite_names.names, words, after, limit))

    async def listed(self, package_names: Collection[str]) -> dict[str, FoundApp]:
        """What the first upstream that has an app lists as its newest version, by package name."""
        return await self._database.run(partial(sqlite_names.listed, package_names))

    async def kept(self) -> tuple[int, int]:
        """The packages that came from upstreams and that no operator has anything to do with: how many, and bytes."""
        [row] = await self._database.read(f"SELECT count(*) AS packages, total(size) AS size FROM {_KEPT}")
        return row["packages"], int(row["size"])

    async def asked_longest_ago(self, size: int) -> list[tuple[str, int]]:
        """Of these packages those that were asked for longest ago, each with its bytes."""
        rows = await self._database.read(
            f"SELECT package_id, size FROM {_KEPT} ORDER BY asked_at, package_id LIMIT ?", (size,)
        )
        return [(row["package_id"], row["size"]) for row in rows]

    async def note_asked(self, package_ids: Collection[str], now: float) -> None:
        """Keeps that packages were asked for; nothing of those that did not come from upstreams."""
        async with self._database.transaction() as transaction:
            await transaction.write(
                "UPDATE fetched_packages SET asked_at = ? WHERE package_id IN (SELECT value FROM json_each(?))",
                (now, json.dumps(sorted(package_ids))),
            )

    async def count_requests(self, counts: dict[str, float], now: float, half_life: float) -> None:
        """Adds to how often apps were asked for; what was counted before loses half of its weight in `half_life`."""

        def count(connection: sqlite3.Connection) -> None:
            forgotten = now - _HALF_LIVES_KEPT * half_life
            connection.execute("DELETE FROM app_requests WHERE counted_at < ?", (forgotten,))
            for package_name, more in counts.items():
                row = connection.execute(
                    "SELECT weight, counted_at FROM app_requests WHERE package_name = ?", (package_name,)
                ).fetchone()
                weight = more + (_faded(row, now, half_life) if row else 0.0)
                connection.execute(
                    "INSERT INTO app_requests (package_name, weight, counted_at) VALUES (?, ?, ?)"
                    " ON CONFLICT (package_name)"
                    " DO UPDATE SET weight = excluded.weight, counted_at = excluded.counted_at",
                    (package_name, weight, now),
                )

        await self._database.change(count)

    async def most_asked(self, least: float, now: float, half_life: float, size: int) -> list[str]:
        """The apps that were asked for at least so often, most often first."""
        rows = await self._database.read(
            "SELECT package_name, weight, counted_at FROM app_requests WHERE weight >= ?", (least,)
        )
        weights = {row["package_name"]: _faded(row, now, half_life) for row in rows}
        asked = [name for name, weight in weights.items() if weight >= least]
        return sorted(asked, key=lambda name: (-weights[name], name))[:size]

    async def _require_words(self) -> None:
        """Fills in what a catalogue of before lacks; a package that is added has its words."""
        while not self._has_words:
            self._has_words = not await self._database.change(sqlite_names.read_words)

    async def _drop_some(self, table: str) -> int:
        """Removes some rows of indices that no repository uses; returns how many."""
        async with self._database.transaction() as transaction:
            return await transaction.write(
                f"DELETE FROM {table} WHERE (index_id, package_name) IN (SELECT index_id, package_name FROM {table}"
                " WHERE index_id NOT IN (SELECT index_id FROM upstreams) LIMIT ?)",
                (_ROWS_AT_ONCE,),
            )


async def _record(transaction: Transaction, name: str, health: Health) -> None:
    await transaction.write(
        "UPDATE upstreams SET checked_at = ?, failures = ?, reason = ?, message = ? WHERE name = ?",
        (health.checked_at, health.failures, health.reason, health.message, name),
    )


async def _drop(transaction: Transaction, index: int) -> None:
    for table in _TABLES:
        await transaction.write(f"DELETE FROM {table} WHERE index_id = ?", (index,))


def _version_rows(index: int, apps: Sequence[ListedApp]) -> Iterable[tuple[int, str, int, str, str, str]]:
    for app in apps:
        for version in app.versions:
            artifact = version.artifact
            code = artifact.manifest.version_code
            yield index, app.package_name, code, artifact.sha256, version.path, build_report(artifact)


def _faded(row: sqlite3.Row, now: float, half_life: float) -> float:
    """A weight as it is now."""
    age: float = max(0.0, now - row["counted_at"])
    return float(row["weight"]) * math.pow(0.5, age / half_life)


def _source(row: sqlite3.Row) -> Source:
    return Source(
        name=row["name"],
        address=row["address"],
        mirrors=tuple(json.loads(row["mirrors"])),
        fingerprint=row["fingerprint"],
        plain_http=bool(row["plain_http"]),
    )


def _accepted(row: sqlite3.Row) -> Accepted:
    return Accepted(
        timestamp=row["entry_time"],
        index_sha256=row["index_sha256"],
        etag=row["etag"],
        apps=row["apps"],
        versions=row["versions"],
        skipped=row["skipped"],
    )


def _health(row: sqlite3.Row) -> Health:
    return Health(checked_at=row["checked_at"], failures=row["failures"], reason=row["reason"], message=row["message"])


def _offer(row: sqlite3.Row) -> Offer:
    return Offer(_source(row), row["path"], _artifact(row["build"]))


def _artifact(build: str) -> Artifact:
    artifact = build_from(build)
    if not isinstance(artifact, Artifact):
        raise TypeError("upstreams list whole packages only")
    return artifact
