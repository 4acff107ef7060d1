"""AppDownload's catalogue in SQLite."""

import json
import sqlite3
from collections.abc import Collection
from functools import partial
from importlib.resources import files

from appshare.app_download.package import Build, Package, PageKey
from appshare.app_download.package_reading.report import build_from, build_report
from appshare.app_download.signer_pin import SignerPin
from appshare.app_download.stores.build_cache import CACHED, BuildCache
from appshare.app_download.stores.sqlite_decisions import write_pin
from appshare.sqlite.database import Database

MIGRATIONS = files("appshare.app_download") / "migrations" / "sqlite"

_FEW = 64
"""Packages of an app that are looked up at once, when their builds are in memory."""

_COLUMNS = "package_id, build"
_ORDER = "ORDER BY package_name, version_code DESC, package_id"


class SqliteCatalogueStore:
    """A `CatalogueStore` on one SQLite database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._cache = BuildCache(CACHED)

    async def add(self, package: Package, pin: SignerPin | None = None, *, fetched_at: float | None = None) -> None:
        """Stores a package, and with it the pin of its app if one is given; a package that is there stays as it is."""
        manifest, build = package.manifest, build_report(package.build)
        async with self._database.transaction() as transaction:
            added = await transaction.write(
                "INSERT OR IGNORE INTO packages (package_id, package_name, version_code, build, words)"
                " VALUES (?, ?, ?, ?, ?)",
                (package.package_id, manifest.package_name, manifest.version_code, build, package.words),
            )
            for sha256 in {file.sha256 for file in package.files} if added else ():
                await transaction.write("INSERT INTO package_files VALUES (?, ?)", (package.package_id, sha256))
            if added and fetched_at is not None:
                await transaction.write(
                    "INSERT INTO fetched_packages (package_id, size, asked_at) VALUES (?, ?, ?)",
                    (package.package_id, sum(file.size for file in package.files), fetched_at),
                )
            if pin:
                await write_pin(transaction, manifest.package_name, pin)

    async def remove(self, package_id: str) -> set[str] | None:
        """Removes a package; the digests of its files that no other package has. None when there is no such package."""
        async with self._database.transaction() as transaction:
            orphaned = await transaction.read(
                "SELECT sha256 FROM package_files AS mine WHERE package_id = ?1 AND NOT EXISTS"
                " (SELECT 1 FROM package_files WHERE sha256 = mine.sha256 AND package_id <> ?1)",
                (package_id,),
            )
            removed = await transaction.write("DELETE FROM packages WHERE package_id = ?", (package_id,))
        self._cache.drop(package_id)
        return {row["sha256"] for row in orphaned} if removed else None

    async def is_fetched(self, package_id: str) -> bool:
        """Whether a package came from an upstream and no operator has added it since."""
        row = await self._database.read_one("SELECT 1 FROM fetched_packages WHERE package_id = ?", (package_id,))
        return row is not None

    async def claim(self, package_id: str) -> None:
        """Keeps that an operator has added a package, wherever it came from before."""
        async with self._database.transaction() as transaction:
            await transaction.write("DELETE FROM fetched_packages WHERE package_id = ?", (package_id,))

    async def find(self, package_id: str) -> Package | None:
        """The package with the id."""
        row = await self._database.read_one(f"SELECT {_COLUMNS} FROM packages WHERE package_id = ?", (package_id,))
        return _package(row) if row else None

    async def referenced(self, digests: Collection[str]) -> set[str]:
        """Of the digests those of files that some package has."""
        rows = await self._database.read(
            "SELECT DISTINCT sha256 FROM package_files WHERE sha256 IN (SELECT value FROM json_each(?))",
            (json.dumps(sorted(digests)),),
        )
        return {row["sha256"] for row in rows}

    async def digests(self) -> set[str]:
        """The digests of the files of all packages."""
        return {row["sha256"] for row in await self._database.read("SELECT DISTINCT sha256 FROM package_files")}

    async def packages_of(self, package_name: str) -> list[Package]:
        """All packages of an app, newest version first."""
        package_ids = self._database.look_up(partial(_first_ids, package_name))
        cached = [(package_id, self._cache.find(package_id)) for package_id in package_ids]
        known = [Package(package_id=package_id, build=build) for package_id, build in cached if build]
        if len(known) == len(package_ids) <= _FEW:
            return known
        rows = await self._database.read(
            f"SELECT {_COLUMNS} FROM packages WHERE package_name = ? {_ORDER}", (package_name,)
        )
        return [Package(package_id=row["package_id"], build=self._build(row)) for row in rows]

    async def page(self, package_name: str, after: PageKey | None, size: int) -> list[Package]:
        """Packages in the order of their keys; of one app, or of all when `package_name` is empty."""
        name, version_code, package_id = after or ("", 0, "")
        rows = await self._database.read(
            # Row values would compare all columns in the same direction, and versions come newest first.
            f"SELECT {_COLUMNS} FROM packages WHERE (?1 = '' OR package_name = ?1) AND package_name >= ?2"
            " AND (package_name > ?2 OR version_code < ?3 OR (version_code = ?3 AND package_id > ?4))"
            f" {_ORDER} LIMIT ?5",
            (package_name, name, version_code, package_id, size),
        )
        return [_package(row) for row in rows]

    async def app_store_link(self, package_name: str) -> str | None:
        """The App Store link of an app."""
        row = await self._database.read_one("SELECT url FROM app_store_links WHERE package_name = ?", (package_name,))
        return row["url"] if row else None

    async def set_app_store_link(self, package_name: str, url: str) -> None:
        """Sets the App Store link of an app; an empty one removes it."""
        async with self._database.transaction() as transaction:
            if url:
                await transaction.write(
                    "INSERT INTO app_store_links (package_name, url) VALUES (?, ?)"
                    " ON CONFLICT (package_name) DO UPDATE SET url = excluded.url",
                    (package_name, url),
                )
            else:
                await transaction.write("DELETE FROM app_store_links WHERE package_name = ?", (package_name,))

    def _build(self, row: sqlite3.Row) -> Build:
        """The build of a row; one that was asked for lately is there already."""
        package_id, report = row["package_id"], row["build"]
        build = self._cache.find(package_id)
        if build is None:
            build = build_from(report)
            self._cache.keep(package_id, build, len(report))
        return build


def _first_ids(package_name: str, connection: sqlite3.Connection) -> list[str]:
    """Packages of an app, newest version first: one more than few, when there are."""
    query = f"SELECT package_id FROM packages WHERE package_name = ? {_ORDER} LIMIT ?"
    return [package_id for (package_id,) in connection.execute(query, (package_name, _FEW + 1))]


def _package(row: sqlite3.Row) -> Package:
    return Package(package_id=row["package_id"], build=build_from(row["build"]))
