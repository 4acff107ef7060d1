"""Apps by name in PostgreSQL: those of the catalogue and those that the upstreams list."""

from collections.abc import Collection, Sequence

from appshare.app_download.model import PackageManifest
from appshare.app_download.package import Package
from appshare.app_download.package_reading.report import build_from
from appshare.app_download.upstreams.model import FoundApp, FoundName
from appshare.postgresql.database import Database

_HOLDS_ALL = "NOT EXISTS (SELECT FROM unnest($1::text[]) AS word WHERE strpos({}, word) = 0)"


async def names(words: Sequence[str], after: str, limit: int, database: Database) -> list[FoundName]:
    """Apps whose names hold all of the words, by package name from behind one, each once."""
    rows = await database.read(
        "SELECT package_name, bool_or(listed) AS listed FROM ("
        " SELECT package_name, FALSE AS listed FROM packages"
        f" WHERE package_name > $2 AND {_HOLDS_ALL.format('words')}"
        " UNION ALL SELECT package_name, TRUE FROM upstreams JOIN upstream_apps AS app USING (index_id)"
        f" WHERE package_name > $2 AND {_HOLDS_ALL.format('app.words')}"
        ") AS found GROUP BY package_name ORDER BY package_name LIMIT $3",
        *(list(words), after, limit),
    )
    return [FoundName(row["package_name"], row["listed"]) for row in rows]


async def listed(package_names: Collection[str], database: Database) -> dict[str, FoundApp]:
    """What the first upstream that has an app lists as its newest version, by package name."""
    rows = await database.read(
        "SELECT DISTINCT ON (package_name) package_name, label, name, build FROM upstreams"
        " JOIN upstream_apps USING (index_id) JOIN upstream_versions USING (index_id, package_name)"
        " WHERE package_name = ANY($1::text[]) ORDER BY package_name, upstream_id, version_code DESC",
        list(package_names),
    )
    return {row["package_name"]: _found(_manifest(row["build"]), row["label"], row["name"]) for row in rows}


async def search(words: Sequence[str], size: int, database: Database) -> list[FoundApp]:
    """Apps whose names hold all of the words, with their newest version: of the catalogue, then of the upstreams."""
    here = await database.read(
        "SELECT DISTINCT ON (package_name) build FROM packages"
        f" WHERE {_HOLDS_ALL.format('words')} ORDER BY package_name, version_code DESC, package_id LIMIT $2",
        *(list(words), size),
    )
    present = [_found(manifest, manifest.label, "") for manifest in (_manifest(row["build"]) for row in here)]
    rows = await database.read(
        "SELECT DISTINCT ON (package_name, upstream_id) name, label, build FROM upstreams"
        " JOIN upstream_apps AS app USING (index_id) JOIN upstream_versions USING (index_id, package_name)"
        f" WHERE {_HOLDS_ALL.format('app.words')}"
        " ORDER BY package_name, upstream_id, version_code DESC LIMIT $2",
        *(list(words), size - len(present)),
    )
    return [*present, *(_found(_manifest(row["build"]), row["label"], row["name"]) for row in rows)]


def _found(manifest: PackageManifest, label: str, upstream: str) -> FoundApp:
    return FoundApp(manifest.package_name, label, manifest.version_name, manifest.version_code, upstream)


def _manifest(build: str) -> PackageManifest:
    return Package(package_id="", build=build_from(build)).manifest
