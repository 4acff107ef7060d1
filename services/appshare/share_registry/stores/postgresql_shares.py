"""Apps and the keys that open them in PostgreSQL.

What the keys of a viewer open is looked up for some owners at a time: a key costs a place in an index, and an app that
it opens a row, however many others there are. Each look-up is a statement and so a state by itself: what an owner
shares is of one moment, what two owners share need not be.
"""

import hashlib
from collections.abc import Collection, Iterator, Mapping
from itertools import islice

import asyncpg

from appshare.postgresql.database import Connection, Database
from appshare.share_registry.model import App, Key, Keyring, NameSearch, Page, Platform, Share

APP = (
    "apps.platform, apps.package_name, apps.label, apps.version_name, apps.version_code, apps.signer_sha256,"
    " apps.icon_sha256"
)

_OWNERS_AT_A_TIME = 200
"""Owners of whom a statement asks."""
_OWNERS_OF_A_PAGE = 4
"""Owners whose shares are likely to fill a page."""

# What the pairs of an owner and a key ($1, $2) open; an app that several keys open comes several times.
_OPENED = (
    " FROM unnest($1::text[], $2::text[]) AS held (device_id, key)"
    " JOIN app_keys USING (device_id, key) JOIN apps USING (device_id, package_name)"
)

# The index has the names: of all that the keys open, the rows are read only of as many names as are wanted, and of the
# one that `after` stands at ($3, $4), which may have no other platform.
_FIRST_NAMES = """
    WITH held AS MATERIALIZED (SELECT * FROM unnest($1::text[], $2::text[]) AS held (device_id, key)),
    first AS MATERIALIZED (
        SELECT DISTINCT package_name FROM held JOIN app_keys USING (device_id, key)
        WHERE package_name >= $3 ORDER BY package_name LIMIT $5::bigint + 1
    )
    SELECT DISTINCT apps.package_name, apps.platform
    FROM held JOIN app_keys USING (device_id, key) JOIN apps USING (device_id, package_name)
    WHERE app_keys.package_name BETWEEN (SELECT min(package_name) FROM first) AND (SELECT max(package_name) FROM first)
    AND (apps.package_name, apps.platform) > ($3, $4)
    ORDER BY apps.package_name, apps.platform LIMIT $5
"""


async def put_apps(device_id: str, apps: Collection[App], connection: Connection) -> None:
    """Adds apps, admitting the device's default keys, and updates those that are there, which keep their keys."""
    columns = zip(*map(_row, apps), strict=True) if apps else [()] * 8
    await connection.execute(
        # All parts of the statement see the apps as they were before it.
        "WITH put AS (SELECT * FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::text[],"
        " $8::text[], $9::text[]) AS put (platform, package_name, label, version_name, version_code, signer_sha256,"
        " icon_sha256, folded)),"
        " stored AS (INSERT INTO apps (device_id, platform, package_name, label, version_name, version_code,"
        " signer_sha256, icon_sha256, folded) SELECT $1, put.* FROM put"
        " ON CONFLICT (device_id, package_name) DO UPDATE SET platform = excluded.platform, label = excluded.label,"
        " version_name = excluded.version_name, version_code = excluded.version_code,"
        " signer_sha256 = excluded.signer_sha256, icon_sha256 = excluded.icon_sha256, folded = excluded.folded"
        " WHERE apps IS DISTINCT FROM excluded)"
        " INSERT INTO app_keys (device_id, package_name, key)"
        " SELECT $1, put.package_name, default_keys.key FROM put, default_keys WHERE default_keys.device_id = $1"
        " AND put.package_name NOT IN (SELECT package_name FROM apps WHERE device_id = $1)",
        *(device_id, *map(list, columns)),
    )


async def replace_keys(device_id: str, keys: Mapping[str, frozenset[Key]], connection: Connection) -> None:
    """Sets the keys that apps admit, by package name; all of them must be there."""
    await connection.execute(
        "DELETE FROM app_keys WHERE device_id = $1 AND package_name = ANY($2::text[])", device_id, list(keys)
    )
    pairs = [(package_name, key) for package_name, admitted in keys.items() for key in admitted]
    await connection.execute(
        "INSERT INTO app_keys (device_id, package_name, key)"
        " SELECT $1, package_name, key FROM unnest($2::text[], $3::text[]) AS pairs (package_name, key)",
        *(device_id, [package_name for package_name, _key in pairs], [key for _name, key in pairs]),
    )


async def shares(keyring: Keyring, after: tuple[str, str], limit: int, database: Database) -> Page[Share]:
    """The apps that the keys open, by owner and package name from behind the pair `after`."""
    found: list[Share] = []
    wanted = {owner_id: keys for owner_id, keys in keyring.items() if owner_id >= after[0]}
    for part in parts(wanted, at_first=_OWNERS_OF_A_PAGE):
        rows = await database.read(
            f"SELECT DISTINCT ON (apps.device_id, apps.package_name) apps.device_id, {APP}{_OPENED}"
            " WHERE (apps.device_id, apps.package_name) > ($3, $4) ORDER BY apps.device_id, apps.package_name LIMIT $5",
            *(*_pairs(part), *after, limit + 1 - len(found)),
        )
        found += map(_share_of, rows)
        if len(found) > limit:
            return Page(tuple(found[:limit]), more=True)
    return Page(tuple(found), more=False)


async def digest(keyring: Keyring, database: Database) -> bytes:
    """A digest of all apps that the keys open, whichever of them does it; empty when there is none."""
    whole, any_is_open = hashlib.sha256(), False
    for part in parts(keyring):
        row = await database.read_one(
            "SELECT sha256(convert_to(string_agg(line, '' ORDER BY line), 'UTF8')) AS digest FROM (SELECT DISTINCT"
            f' json_build_array(apps.device_id, {APP})::text COLLATE "C" AS line{_OPENED}) AS lines',
            *_pairs(part),
        )
        if row and row["digest"]:
            whole.update(row["digest"])
            any_is_open = True
    return whole.digest() if any_is_open else b""


async def shared_names(
    keyring: Keyring, search: str, after: tuple[str, str], limit: int, database: Database
) -> list[tuple[str, str]]:
    """Package names and platforms of apps that the keys open, each pair once, in order from behind `after`."""
    if search:
        rows = await database.read(
            f"SELECT DISTINCT apps.package_name, apps.platform{_OPENED}"
            " WHERE app_keys.package_name >= $3 AND (apps.package_name, apps.platform) > ($3, $4)"
            " AND strpos(apps.folded, $5) > 0 ORDER BY apps.package_name, apps.platform LIMIT $6",
            *(*_pairs(keyring), *after, search, limit),
        )
    else:
        rows = await database.read(_FIRST_NAMES, *_pairs(keyring), *after, limit)
    return [(row["package_name"], row["platform"]) for row in rows]


async def found_names(keyring: Keyring, wanted: NameSearch, limit: int, database: Database) -> list[str]:
    """Package names of apps that the keys open and a search is for, each once, in order."""
    rows = await database.read(
        f"SELECT DISTINCT apps.package_name{_OPENED}"
        " WHERE app_keys.package_name > $3 AND ($4 = '' OR app_keys.package_name <= $4)"
        " AND (app_keys.package_name = ANY($5::text[])"
        " OR NOT EXISTS (SELECT FROM unnest($6::text[]) AS word WHERE strpos(apps.folded, word) = 0))"
        " ORDER BY apps.package_name LIMIT $7",
        *(*_pairs(keyring), wanted.after, wanted.last, list(wanted.package_names), list(wanted.words), limit),
    )
    return [row["package_name"] for row in rows]


async def shares_named(keyring: Keyring, package_names: Collection[str], database: Database) -> list[Share]:
    """Those of the apps that the keys open which have one of the package names, by owner."""
    rows = await database.read(
        f"SELECT DISTINCT ON (apps.device_id, apps.package_name) apps.device_id, {APP}{_OPENED}"
        " WHERE app_keys.package_name = ANY($3::text[]) ORDER BY apps.device_id, apps.package_name",
        *(*_pairs(keyring), list(package_names)),
    )
    return list(map(_share_of, rows))


async def opened_names(keyring: Keyring, package_names: Collection[str], database: Database) -> frozenset[str]:
    """Those of the package names of which the keys open an app."""
    rows = await database.read(
        "SELECT DISTINCT package_name FROM unnest($1::text[], $2::text[]) AS held (device_id, key)"
        " JOIN app_keys USING (device_id, key) WHERE package_name = ANY($3::text[])",
        *(*_pairs(keyring), list(package_names)),
    )
    return frozenset(row["package_name"] for row in rows)


async def owners_sharing(keyring: Keyring, package_name: str, connection: Connection) -> frozenset[str]:
    """The owners of whom the keys open an app."""
    rows = await connection.fetch(
        "SELECT DISTINCT device_id FROM unnest($1::text[], $2::text[]) AS held (device_id, key)"
        " JOIN app_keys USING (device_id, key) WHERE package_name = $3",
        *(*_pairs(keyring), package_name),
    )
    return frozenset(row["device_id"] for row in rows)


def parts(keyring: Keyring, at_first: int = _OWNERS_AT_A_TIME) -> Iterator[Keyring]:
    """The keys by owner, in order, some owners at a time: few at first, if so wanted, then more and more."""
    owners, size = iter(sorted(keyring.items())), at_first
    while part := dict(islice(owners, size)):
        yield part
        size = min(4 * size, _OWNERS_AT_A_TIME)


def app_of(row: asyncpg.Record) -> App:
    """The app of a row that has the columns `APP`."""
    return App(
        Platform(row["platform"]),
        row["package_name"],
        row["label"],
        row["version_name"],
        row["version_code"],
        row["signer_sha256"],
        row["icon_sha256"],
    )


def _share_of(row: asyncpg.Record) -> Share:
    return Share(row["device_id"], app_of(row))


def _pairs(keyring: Keyring) -> tuple[list[str], list[Key]]:
    """Owners and their keys as two columns."""
    pairs = [(owner_id, key) for owner_id, keys in keyring.items() for key in keys]
    return [owner_id for owner_id, _key in pairs], [key for _owner_id, key in pairs]


def _row(app: App) -> tuple[str | int, ...]:
    return (
        app.platform,
        app.package_name,
        app.label,
        app.version_name,
        app.version_code,
        app.signer_sha256,
        app.icon_sha256,
        f"{app.label.casefold()}\n{app.package_name.casefold()}",
    )
