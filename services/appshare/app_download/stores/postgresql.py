"""AppDownload's catalogue in PostgreSQL."""

from collections.abc import Collection
from importlib.resources import files

import asyncpg

from appshare.app_download.package import Package, PageKey
from appshare.app_download.package_reading.report import build_from, build_report
from appshare.app_download.signer_pin import SignerPin
from appshare.app_download.stores.build_cache import CACHED, BuildCache
from appshare.app_download.stores.postgresql_decisions import write_pin
from appshare.postgresql.database import Connection, Database

MIGRATIONS = files("appshare.app_download") / "migrations" / "postgresql"

_COLUMNS = "package_id, build"
_ORDER = "ORDER BY package_name, version_code DESC, package_id"


class PostgresqlCatalogueStore:
    """A `CatalogueStore` on one schema of a PostgreSQL database.

    Its cache is never wrong, whatever other copies do: which packages there are is read each time, and a package that
    was removed and comes back is another addition.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._cache = BuildCache(CACHED)

    async def add(self, package: Package, pin: SignerPin | None = None, *, fetched_at: float | None = None) -> None:
        """Stores a package, and with it the pin of its app if one is given; a package that is there stays as it is."""
        manifest, build = package.manifest, build_report(package.build)

        async def add(connection: Connection) -> None:
            added = await connection.fetchrow(
                "INSERT INTO packages (package_id, package_name, version_code, build, words)"
                " VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING RETURNING package_id",
                *(package.package_id, manifest.package_name, manifest.version_code, build, package.words),
            )
            if added:
                await connection.execute(
                    "INSERT INTO package_files (package_id, sha256) SELECT $1, unnest($2::text[])",
                    *(package.package_id, sorted({file.sha256 for file in package.files})),
                )
            if added and fetched_at is not None:
                await connection.execute(
                    "INSERT INTO fetched_packages (package_id, size, asked_at) VALUES ($1, $2, $3)",
                    *(package.package_id, sum(file.size for file in package.files), fetched_at),
                )
            if pin:
                await write_pin(connection, manifest.package_name, pin)

        await self._database.change(add)

    async def remove(self, package_id: str) -> set[str] | None:
        """Removes a package; the digests of its files that no other package has. None when there is no such package."""

        async def remove(connection: Connection) -> set[str] | None:
            orphaned = await connection.fetch(
                "SELECT sha256 FROM package_files AS mine WHERE package_id = $1 AND NOT EXISTS"
                " (SELECT FROM package_files WHERE sha256 = mine.sha256 AND package_id <> $1)",
                package_id,
            )
            removed = await connection.fetchrow(
                "DELETE FROM packages WHERE package_id = $1 RETURNING package_id", package_id
            )
            return {row["sha256"] for row in orphaned} if removed else None

        return await self._database.change(remove)

    async def is_fetched(self, package_id: str) -> bool:
        """Whether a package came from an upstream and no operator has added it since."""
        row = await self._database.read_one("SELECT FROM fetched_packages WHERE package_id = $1", package_id)
        return row is not None

    async def claim(self, package_id: str) -> None:
        """Keeps that an operator has added a package, wherever it came from before."""
        await self._database.read("DELETE FROM fetched_packages WHERE package_id = $1", package_id)

    async def find(self, package_id: str) -> Package | None:
        """The package with the id."""
        row = await self._database.read_one(f"SELECT {_COLUMNS} FROM packages WHERE package_id = $1", package_id)
        return _package(row) if row else None

    async def referenced(self, digests: Collection[str]) -> set[str]:
        """Of the digests those of files that some package has."""
        rows = await self._database.read(
            "SELECT DISTINCT sha256 FROM package_files WHERE sha256 = ANY($1::text[])", list(digests)
        )
        return {row["sha256"] for row in rows}

    async def digests(self) -> set[str]:
        """The digests of the files of all packages."""
        return {row["sha256"] for row in await self._database.read("SELECT DISTINCT sha256 FROM package_files")}

    async def packages_of(self, package_name: str) -> list[Package]:
        """All packages of an app, newest version first; only what was not asked for lately comes over the network."""
        rows = await self._database.read(
            f"SELECT package_id, addition FROM packages WHERE package_name = $1 {_ORDER}", package_name
        )
        builds = {row["addition"]: self._cache.find(str(row["addition"])) for row in rows}
        if missing := [addition for addition, build in builds.items() if build is None]:
            for row in await self._database.read(
                "SELECT addition, build FROM packages WHERE package_name = $1 AND addition = ANY($2::bigint[])",
                *(package_name, missing),
            ):
                build = builds[row["addition"]] = build_from(row["build"])
                self._cache.keep(str(row["addition"]), build, len(row["build"]))
        # One that was removed between the two statements is left out.
        found = ((row["package_id"], builds[row["addition"]]) for row in rows)
        return [Package(package_id=package_id, build=build) for package_id, build in found if build is not None]

    async def page(self, package_name: str, after: PageKey | None, size: int) -> list[Package]:
        """Packages in the order of their keys; of one app, or of all when `package_name` is empty."""
        name, version_code, package_id = after or ("", 0, "")
        rows = await self._database.read(
            # Row values would compare all columns in the same direction, and versions come newest first.
            f"SELECT {_COLUMNS} FROM packages WHERE ($1 = '' OR package_name = $1) AND package_name >= $2"
            " AND (package_name > $2 OR version_code < $3 OR (version_code = $3 AND package_id > $4))"
            f" {_ORDER} LIMIT $5",
            *(package_name, name, version_code, package_id, size),
        )
        return [_package(row) for row in rows]

    async def app_store_link(self, package_name: str) -> str | None:
        """The App Store link of an app."""
        row = await self._database.read_one("SELECT url FROM app_store_links WHERE package_name = $1", package_name)
        return row["url"] if row else None

    async def set_app_store_link(self, package_name: str, url: str) -> None:
        """Sets the App Store link of an app; an empty one removes it."""
        if url:
            await self._database.read(
                "INSERT INTO app_store_links (package_name, url) VALUES ($1, $2)"
                " ON CONFLICT (package_name) DO UPDATE SET url = excluded.url",
                *(package_name, url),
            )
        else:
            await self._database.read("DELETE FROM app_store_links WHERE package_name = $1", package_name)


def _package(row: asyncpg.Record) -> Package:
    return Package(package_id=row["package_id"], build=build_from(row["build"]))
