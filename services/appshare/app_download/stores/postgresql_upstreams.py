"""The upstreams of AppDownload in PostgreSQL, beside the catalogue."""

from collections.abc import Collection, Sequence

import asyncpg

from appshare.app_download.model import Artifact
from appshare.app_download.package_reading.report import build_from, build_report
from appshare.app_download.stores import postgresql_names
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
from appshare.postgresql.database import Connection, Database

_SOURCE = "name, address, mirrors, fingerprint, plain_http"
_ACCEPTED = "entry_time, index_sha256, etag, apps, versions, skipped"
_HEALTH = "checked_at, failures, reason, message"
_TABLES = ("upstream_apps", "upstream_versions")
_KEPT = (
    "fetched_packages WHERE NOT EXISTS"
    " (SELECT FROM operator_rows WHERE operator_rows.package_id = fetched_packages.package_id)"
)
_ROWS_AT_ONCE = 2000
"""Rows of an unused index that go in one statement."""

_HALF_LIVES_KEPT = 10
"""After which an app that nobody asked for since is forgotten."""

# The weight of a row that was counted at `counted_at`, at the time $1 with the half-life $2.
_FADED = "app_requests.weight * power(0.5, greatest(0, $1 - app_requests.counted_at) / $2)"


class PostgresqlUpstreamStore:
    """An `UpstreamStore` on one schema of a PostgreSQL database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, source: Source) -> bool:
        """Stores a repository; False: there is one of that name, and it stays as it is."""
        added = await self._database.read(
            f"INSERT INTO upstreams ({_SOURCE}) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (name) DO NOTHING"
            " RETURNING name",
            *(source.name, source.address, list(source.mirrors), source.fingerprint, source.plain_http),
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

        async def remove(connection: Connection) -> bool:
            row = await connection.fetchrow("DELETE FROM upstreams WHERE name = $1 RETURNING index_id", name)
            if row:
                await _drop(connection, row["index_id"])
            return row is not None

        return await self._database.change_under_locks(remove)

    async def record(self, name: str, health: Health) -> None:
        """Keeps how a refresh went; nothing when the repository is gone."""
        await self._database.change_under_locks(lambda connection: _record(connection, name, health))

    async def confirm(self, name: str, health: Health, etag: str) -> None:
        """Keeps that the index in use is the current one."""

        async def confirm(connection: Connection) -> None:
            await _record(connection, name, health)
            await connection.execute("UPDATE upstreams SET etag = $2 WHERE name = $1", name, etag)

        await self._database.change_under_locks(confirm)

    async def begin_index(self) -> int:
        """A number for an index that is about to be put beside; what was put beside for nothing goes."""
        for table in _TABLES:
            while await self._drop_some(table):
                pass
        [row] = await self._database.read("SELECT nextval('upstream_indices') AS number")
        return int(row["number"])

    async def put_apps(self, index: int, apps: Sequence[ListedApp]) -> None:
        """Puts apps of an index beside."""
        versions = {
            (app.package_name, version.artifact.sha256): (
                *(index, app.package_name, version.artifact.manifest.version_code, version.artifact.sha256),
                *(version.path, build_report(version.artifact)),
            )
            for app in apps
            for version in reversed(app.versions)  # the same file may be listed twice; the first one counts
        }

        async def put(connection: Connection) -> None:
            await connection.copy_records_to_table(
                "upstream_apps",
                columns=["index_id", "package_name", "label", "words", "preferred_signer"],
                records=[(index, app.package_name, app.label, app.words, app.preferred_signer) for app in apps],
            )
            await connection.copy_records_to_table(
                "upstream_versions",
                columns=["index_id", "package_name", "version_code", "sha256", "path", "build"],
                records=list(versions.values()),
            )

        await self._database.change_under_locks(put)

    async def accept(self, name: str, index: int, accepted: Accepted, health: Health) -> bool:
        """Puts an index in the place of the repository's one; False: the repository is gone, and so is the index."""

        async def accept(connection: Connection) -> bool:
            row = await connection.fetchrow("SELECT index_id FROM upstreams WHERE name = $1 FOR UPDATE", name)
            if row is None:
                await _drop(connection, index)
                return False
            await connection.execute(
                "UPDATE upstreams SET index_id = $2, entry_time = $3, index_sha256 = $4, etag = $5, apps = $6,"
                " versions = $7, skipped = $8 WHERE name = $1",
                *(name, index, accepted.timestamp, accepted.index_sha256, accepted.etag),
                *(accepted.apps, accepted.versions, accepted.skipped),
            )
            await _record(connection, name, health)
            await _drop(connection, row["index_id"])
            return True

        return await self._database.change_under_locks(accept)

    async def offers(self, package_name: str) -> list[tuple[Offer, str]]:
        """All builds of an app with the preferred signer of each repository, in the repositories' order."""
        rows = await self._database.read(
            f"SELECT {_SOURCE}, path, build, preferred_signer FROM upstreams"
            " JOIN upstream_apps USING (index_id) JOIN upstream_versions USING (index_id, package_name)"
            " WHERE package_name = $1 ORDER BY upstream_id, version_code DESC, sha256",
            package_name,
        )
        return [(_offer(row), row["preferred_signer"]) for row in rows]

    async def offer(self, sha256: str) -> Offer | None:
        """The build whose file has the digest."""
        row = await self._database.read_one(
            f"SELECT {_SOURCE}, path, build FROM upstream_versions JOIN upstreams USING (index_id)"
            " WHERE sha256 = $1 ORDER BY upstream_id LIMIT 1",
            sha256,
        )
        return _offer(row) if row else None

    async def search(self, words: Sequence[str], size: int) -> list[FoundApp]:
        """Apps whose names hold all of the words (in one case), with their newest version.

        Those of the catalogue first, then those of the upstreams, each by package name.
        """
        return await postgresql_names.search(words, size, self._database)

    async def names(self, words: Sequence[str], after: str, limit: int) -> list[FoundName]:
        """Apps whose names hold all of the words (in one case), by package name from behind one, each once."""
        return await postgresql_names.names(words, after, limit, self._database)

    async def listed(self, package_names: Collection[str]) -> dict[str, FoundApp]:
        """What the first upstream that has an app lists as its newest version, by package name."""
        return await postgresql_names.listed(package_names, self._database)

    async def kept(self) -> tuple[int, int]:
        """The packages that came from upstreams and that no operator has anything to do with: how many, and bytes."""
        row = await self._database.read_one(
            f"SELECT count(*) AS packages, coalesce(sum(size), 0)::bigint AS size FROM {_KEPT}"
        )
        return (row["packages"], row["size"]) if row else (0, 0)

    async def asked_longest_ago(self, size: int) -> list[tuple[str, int]]:
        """Of these packages those that were asked for longest ago, each with its bytes."""
        rows = await self._database.read(
            f"SELECT package_id, size FROM {_KEPT} ORDER BY asked_at, package_id LIMIT $1", size
        )
        return [(row["package_id"], row["size"]) for row in rows]

    async def note_asked(self, package_ids: Collection[str], now: float) -> None:
        """Keeps that packages were asked for; nothing of those that did not come from upstreams."""

        async def note(connection: Connection) -> None:
            await connection.execute(
                # In order: two copies that note at once do not wait for each other in a circle.
                "UPDATE fetched_packages SET asked_at = $1 FROM (SELECT package_id FROM fetched_packages"
                " WHERE package_id = ANY($2::text[]) ORDER BY package_id FOR NO KEY UPDATE) AS asked"
                " WHERE fetched_packages.package_id = asked.package_id",
                *(now, list(package_ids)),
            )

        await self._database.change_under_locks(note)

    async def count_requests(self, counts: dict[str, float], now: float, half_life: float) -> None:
        """Adds to how often apps were asked for; what was counted before loses half of its weight in `half_life`."""
        names = sorted(counts)  # two copies that count at once wait for each other, and not in a circle

        async def count(connection: Connection) -> None:
            await connection.execute(
                "DELETE FROM app_requests WHERE package_name IN (SELECT package_name FROM app_requests"
                " WHERE counted_at < $1 ORDER BY package_name FOR UPDATE SKIP LOCKED)",
                now - _HALF_LIVES_KEPT * half_life,
            )
            await connection.execute(
                "INSERT INTO app_requests (package_name, weight, counted_at)"
                " SELECT package_name, more, $1 FROM unnest($3::text[], $4::double precision[])"
                " AS counted (package_name, more) ORDER BY package_name"
                " ON CONFLICT (package_name) DO UPDATE SET"
                f" weight = excluded.weight + {_FADED}, counted_at = excluded.counted_at",
                *(now, half_life, names, [counts[name] for name in names]),
            )

        await self._database.change_under_locks(count)

    async def most_asked(self, least: float, now: float, half_life: float, size: int) -> list[str]:
        """The apps that were asked for at least so often, most often first."""
        rows = await self._database.read(
            f"SELECT package_name FROM app_requests WHERE weight >= $3 AND {_FADED} >= $3"
            f" ORDER BY {_FADED} DESC, package_name LIMIT $4",
            *(now, half_life, least, size),
        )
        return [row["package_name"] for row in rows]

    async def _drop_some(self, table: str) -> bool:
        """Removes some rows of indices that no repository uses; whether there were any."""
        return bool(
            await self._database.read(
                f"WITH gone AS (DELETE FROM {table} WHERE ctid = ANY(ARRAY(SELECT ctid FROM {table}"
                " WHERE index_id NOT IN (SELECT index_id FROM upstreams) LIMIT $1)) RETURNING index_id)"
                " SELECT FROM gone LIMIT 1",
                _ROWS_AT_ONCE,
            )
        )


async def _record(connection: Connection, name: str, health: Health) -> None:
    await connection.execute(
        "UPDATE upstreams SET checked_at = $2, failures = $3, reason = $4, message = $5 WHERE name = $1",
        *(name, health.checked_at, health.failures, health.reason, health.message),
    )


async def _drop(connection: Connection, index: int) -> None:
    for table in _TABLES:
        await connection.execute(f"DELETE FROM {table} WHERE index_id = $1", index)


def _source(row: asyncpg.Record) -> Source:
    return Source(
        name=row["name"],
        address=row["address"],
        mirrors=tuple(row["mirrors"]),
        fingerprint=row["fingerprint"],
        plain_http=row["plain_http"],
    )


def _accepted(row: asyncpg.Record) -> Accepted:
    return Accepted(
        timestamp=row["entry_time"],
        index_sha256=row["index_sha256"],
        etag=row["etag"],
        apps=row["apps"],
        versions=row["versions"],
        skipped=row["skipped"],
    )


def _health(row: asyncpg.Record) -> Health:
    return Health(checked_at=row["checked_at"], failures=row["failures"], reason=row["reason"], message=row["message"])


def _offer(row: asyncpg.Record) -> Offer:
    return Offer(_source(row), row["path"], _artifact(row["build"]))


def _artifact(build: str) -> Artifact:
    artifact = build_from(build)
    if not isinstance(artifact, Artifact):
        raise TypeError("upstreams list whole packages only")
    return artifact
