"""AppDownload's catalogue in SQLite."""

import sqlite3
from importlib.resources import files

from appshare.app_download.model import Artifact, PageKey
from appshare.app_download.package_reading.report import manifest_from, manifest_report
from appshare.sql.database import Database

MIGRATIONS = files("appshare.app_download") / "migrations"

_COLUMNS = "sha256, file_name, size, manifest"
_ORDER = "ORDER BY package_name, version_code DESC, sha256"


class SqliteCatalogueStore:
    """A `CatalogueStore` on one SQLite database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, artifact: Artifact) -> None:
        """Stores a package; one that is there already stays as it is."""
        manifest = artifact.manifest
        async with self._database.transaction() as transaction:
            await transaction.write(
                "INSERT OR IGNORE INTO packages (sha256, file_name, size, package_name, version_code, manifest)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (
                    artifact.sha256,
                    artifact.file_name,
                    artifact.size,
                    manifest.package_name,
                    manifest.version_code,
                    manifest_report(manifest),
                ),
            )

    async def remove(self, sha256: str) -> bool:
        """Removes a package; False when there is none."""
        async with self._database.transaction() as transaction:
            return await transaction.write("DELETE FROM packages WHERE sha256 = ?", (sha256,)) > 0

    async def find(self, sha256: str) -> Artifact | None:
        """The package with the digest."""
        row = await self._database.read_one(f"SELECT {_COLUMNS} FROM packages WHERE sha256 = ?", (sha256,))
        return _artifact(row) if row else None

    async def digests(self) -> set[str]:
        """The digests of all packages."""
        return {row["sha256"] for row in await self._database.read("SELECT sha256 FROM packages")}

    async def packages_of(self, package_name: str) -> list[Artifact]:
        """All packages of an app, newest version first."""
        rows = await self._database.read(
            f"SELECT {_COLUMNS} FROM packages WHERE package_name = ? {_ORDER}", (package_name,)
        )
        return [_artifact(row) for row in rows]

    async def page(self, package_name: str, after: PageKey | None, size: int) -> list[Artifact]:
        """Packages in the order of their keys; of one app, or of all when `package_name` is empty."""
        name, version_code, sha256 = after or ("", 0, "")
        rows = await self._database.read(
            # Row values would compare all columns in the same direction, and versions come newest first.
            f"SELECT {_COLUMNS} FROM packages WHERE (?1 = '' OR package_name = ?1) AND package_name >= ?2"
            " AND (package_name > ?2 OR version_code < ?3 OR (version_code = ?3 AND sha256 > ?4))"
            f" {_ORDER} LIMIT ?5",
            (package_name, name, version_code, sha256, size),
        )
        return [_artifact(row) for row in rows]

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


def _artifact(row: sqlite3.Row) -> Artifact:
    manifest = manifest_from(row["manifest"])
    return Artifact(sha256=row["sha256"], size=row["size"], file_name=row["file_name"], manifest=manifest)
