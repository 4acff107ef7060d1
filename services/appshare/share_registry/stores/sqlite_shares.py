"""Apps and the keys that open them in SQLite.

Functions on a connection: run in one go (`Database.run`, `Transaction.run`). What the keys of a viewer open is looked
up owner by owner: a key costs a place in an index, and an app that it opens a row, however many others there are.
"""

import json
import sqlite3
from collections.abc import Collection

from appshare.share_registry.model import App, Key, Keyring, NameSearch, Page, Platform, Share

APP = (
    "apps.platform, apps.package_name, apps.label, apps.version_name, apps.version_code, apps.signer_sha256,"
    " apps.icon_sha256"
)

_OPENED = (
    " FROM app_keys INDEXED BY app_keys_by_key CROSS JOIN apps USING (device_id, package_name)"
    " WHERE app_keys.device_id = :owner AND app_keys.key IN (SELECT value FROM json_each(:keys))"
)

_COLUMNS = len(App._fields)
_PLATFORMS = {platform.value: platform for platform in Platform}

_NAMED = " AND app_keys.package_name IN (SELECT package_name FROM push_apps WHERE push = :push)"


def put_apps(device_id: str, apps: Collection[App], connection: sqlite3.Connection) -> None:
    """Adds apps, admitting the device's default keys, and updates those that are there, which keep their keys."""
    present = {
        row["package_name"]
        for row in connection.execute("SELECT package_name FROM apps WHERE device_id = ?", (device_id,))
    }
    connection.executemany(
        "INSERT INTO apps (device_id, platform, package_name, label, version_name, version_code, signer_sha256,"
        " icon_sha256, folded) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
        " platform = excluded.platform, label = excluded.label, version_name = excluded.version_name,"
        " version_code = excluded.version_code, signer_sha256 = excluded.signer_sha256,"
        " icon_sha256 = excluded.icon_sha256, folded = excluded.folded",
        [_row(device_id, app) for app in apps],
    )
    connection.execute(
        "INSERT INTO app_keys (device_id, package_name, key)"
        " SELECT default_keys.device_id, added.value, default_keys.key"
        " FROM default_keys, json_each(?) AS added WHERE default_keys.device_id = ?",
        (json.dumps([app.package_name for app in apps if app.package_name not in present]), device_id),
    )


def shares(keyring: Keyring, after: tuple[str, str], limit: int, connection: sqlite3.Connection) -> Page[Share]:
    """The apps that the keys open, by owner and package name from behind the pair `after`."""
    found: list[Share] = []
    for owner_id in sorted(owner_id for owner_id in keyring if owner_id >= after[0]):
        rows = connection.execute(
            f"SELECT {APP}{_OPENED} AND app_keys.package_name > :after ORDER BY app_keys.package_name LIMIT :limit",
            _opening(owner_id, keyring[owner_id])
            | {"after": after[1] if owner_id == after[0] else "", "limit": limit + 1 - len(found)},
        )
        found += [share_of(owner_id, row) for row in rows]
        if len(found) > limit:
            return Page(tuple(found[:limit]), more=True)
    return Page(tuple(found), more=False)


def shares_text(keyring: Keyring, connection: sqlite3.Connection, *, at_most: int = -1) -> bytes | None:
    """What the keys open as text, by owner and package name: the same for the same shares, empty for none.

    Args:
        at_most: shares that are gone through; negative: all.

    Returns:
        None when there are more.
    """
    found: list[str] = []
    for owner_id, keys in sorted(keyring.items()):
        rows = connection.execute(
            f"SELECT json_array(:owner, {APP}){_OPENED} ORDER BY app_keys.package_name LIMIT :limit",
            _opening(owner_id, keys) | {"limit": at_most + 1 - len(found) if at_most >= 0 else -1},
        )
        found += [text for (text,) in rows]
        if 0 <= at_most < len(found):
            return None
    return "".join(found).encode()


def shared_names(
    keyring: Keyring, search: str, after: tuple[str, str], limit: int, connection: sqlite3.Connection
) -> list[tuple[str, str]]:
    """Package names and platforms of apps that the keys open, each pair once, in order from behind `after`."""
    pairs = [(owner_id, key) for owner_id, keys in keyring.items() for key in keys]
    rows = connection.execute(
        "SELECT DISTINCT apps.package_name, apps.platform FROM json_each(:pairs) AS held"
        " CROSS JOIN app_keys INDEXED BY app_keys_by_key ON app_keys.device_id = held.value ->> 0"
        " AND app_keys.key = held.value ->> 1 AND app_keys.package_name >= :name"
        " JOIN apps USING (device_id, package_name)"
        " WHERE (apps.package_name, apps.platform) > (:name, :platform)"
        " AND (:search = '' OR instr(apps.folded, :search))"
        " ORDER BY apps.package_name, apps.platform LIMIT :limit",
        {"pairs": json.dumps(pairs), "name": after[0], "platform": after[1], "search": search, "limit": limit},
    )
    return [(package_name, platform) for package_name, platform in rows]


def found_names(keyring: Keyring, wanted: NameSearch, limit: int, connection: sqlite3.Connection) -> list[str]:
    """Package names of apps that the keys open and a search is for, each once, in order."""
    pairs = [(owner_id, key) for owner_id, keys in keyring.items() for key in keys]
    rows = connection.execute(
        "SELECT DISTINCT apps.package_name FROM json_each(:pairs) AS held"
        " CROSS JOIN app_keys INDEXED BY app_keys_by_key ON app_keys.device_id = held.value ->> 0"
        " AND app_keys.key = held.value ->> 1 AND app_keys.package_name > :after"
        " JOIN apps USING (device_id, package_name)"
        " WHERE (:last = '' OR apps.package_name <= :last)"
        " AND (apps.package_name IN (SELECT value FROM json_each(:names))"
        " OR NOT EXISTS (SELECT 1 FROM json_each(:words) AS word WHERE NOT instr(apps.folded, word.value)))"
        " ORDER BY apps.package_name LIMIT :limit",
        {
            "pairs": json.dumps(pairs),
            "after": wanted.after,
            "last": wanted.last,
            "names": json.dumps(sorted(wanted.package_names)),
            "words": json.dumps(wanted.words),
            "limit": limit,
        },
    )
    return [package_name for (package_name,) in rows]


def shares_named(keyring: Keyring, package_names: Collection[str], connection: sqlite3.Connection) -> list[Share]:
    """Those of the apps that the keys open which have one of the package names, by owner."""
    wanted = frozenset(package_names)
    between = {"first": min(wanted, default=""), "last": max(wanted, default="")}
    found: list[Share] = []
    for owner_id, keys in sorted(keyring.items()):
        rows = connection.execute(
            f"SELECT {APP}{_OPENED} AND app_keys.package_name BETWEEN :first AND :last",
            _opening(owner_id, keys) | between,
        )
        found += [share_of(owner_id, row) for row in rows if row["package_name"] in wanted]
    return found


def opened_names(keyring: Keyring, package_names: Collection[str], connection: sqlite3.Connection) -> frozenset[str]:
    """Those of the package names of which the keys open an app.

    What the keys open is gone through once, however many names there are: a place in the index each would be more.
    """
    pairs = [(owner_id, key) for owner_id, keys in keyring.items() for key in keys]
    rows = connection.execute(
        "SELECT DISTINCT app_keys.package_name FROM json_each(:pairs) AS held"
        " CROSS JOIN app_keys INDEXED BY app_keys_by_key ON app_keys.device_id = held.value ->> 0"
        " AND app_keys.key = held.value ->> 1 AND app_keys.package_name BETWEEN :first AND :last"
        " WHERE +app_keys.package_name IN (SELECT value FROM json_each(:names))",
        {
            "pairs": json.dumps(pairs),
            "names": json.dumps(sorted(package_names)),
            "first": min(package_names, default=""),
            "last": max(package_names, default=""),
        },
    )
    return frozenset(row["package_name"] for row in rows)


def pushed_shares(
    sender_id: str, push: int, keys: frozenset[Key], connection: sqlite3.Connection, *, whole_list: bool
) -> tuple[Share, ...]:
    """What the keys open of that which a push names, or of all that its sender has; by package name."""
    named = "" if whole_list else _NAMED
    rows = connection.execute(
        f"SELECT {APP}{_OPENED}{named} ORDER BY app_keys.package_name", _opening(sender_id, keys) | {"push": push}
    )
    return tuple(share_of(sender_id, row) for row in rows)


def app_of(row: sqlite3.Row) -> App:
    """The app of a row that begins with the columns `APP`, which are in the order of its fields."""
    return App(_PLATFORMS[row[0]], *row[1:_COLUMNS])


def share_of(owner_id: str, row: sqlite3.Row) -> Share:
    """The share of a row that begins with the columns `APP`."""
    return Share(owner_id, app_of(row))


def _opening(owner_id: str, keys: frozenset[Key]) -> dict[str, object]:
    return {"owner": owner_id, "keys": json.dumps(list(keys))}


def _row(device_id: str, app: App) -> tuple[str | int, ...]:
    return (
        device_id,
        app.platform,
        app.package_name,
        app.label,
        app.version_name,
        app.version_code,
        app.signer_sha256,
        app.icon_sha256,
        f"{app.label.casefold()}\n{app.package_name.casefold()}",
    )
