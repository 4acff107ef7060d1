"""ShareRegistry's data in SQLite."""

import json
import sqlite3
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from importlib.resources import files
from itertools import groupby

from appshare.share_registry.model import (
    App,
    InboxEvent,
    InboxPage,
    Key,
    Keyring,
    Level,
    Page,
    Platform,
    Push,
    PushPolicy,
    PushPreference,
    PushReceipt,
    PushStance,
    Share,
)
from appshare.sql.database import Database, Transaction

MIGRATIONS = files("appshare.share_registry") / "migrations"

_APP = (
    "apps.platform, apps.package_name, apps.label, apps.version_name, apps.version_code, apps.signer_sha256,"
    " apps.icon_sha256"
)

_NO_LIMIT = -1


class SqliteRegistryStore:
    """A `RegistryStore` on one SQLite database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @asynccontextmanager
    async def change(self) -> AsyncIterator["SqliteRegistryChange"]:
        """Changes follow one another; each is durable when its context ends, and never was when that raises."""
        async with self._database.transaction() as transaction:
            yield SqliteRegistryChange(transaction)

    async def apps(self, device_id: str, after: str, limit: int) -> Page[tuple[App, frozenset[Key]]]:
        """The apps of a device with the keys that they admit, by package name from behind `after`."""
        rows = await self._database.read(
            f"SELECT {_APP}, (SELECT json_group_array(key) FROM app_keys"
            " WHERE app_keys.device_id = apps.device_id AND app_keys.package_name = apps.package_name) AS keys"
            " FROM apps WHERE device_id = ? AND package_name > ? ORDER BY package_name LIMIT ?",
            (device_id, after, limit + 1),
        )
        items = [(_app(row), frozenset(map(Key, json.loads(row["keys"])))) for row in rows[:limit]]
        return Page(tuple(items), more=len(rows) > limit)

    async def shares(self, keyring: Keyring, after: tuple[str, str], limit: int) -> Page[Share]:
        """The apps that the keys open, by owner and package name from behind the pair `after`."""
        # An app is opened by one key at most per viewer: no row comes twice.
        rows = await self._database.read(
            f"SELECT apps.device_id AS owner_id, {_APP} FROM app_keys JOIN apps USING (device_id, package_name)"
            " WHERE (app_keys.device_id, app_keys.key) IN (SELECT value ->> 0, value ->> 1 FROM json_each(?))"
            " AND (app_keys.device_id, app_keys.package_name) > (?, ?)"
            " ORDER BY app_keys.device_id, app_keys.package_name LIMIT ?",
            (_pairs(keyring), *after, limit + 1),
        )
        return Page(tuple(map(_share, rows[:limit])), more=len(rows) > limit)

    async def newest_share(self, keyring: Keyring, package_name: str) -> Share | None:
        """The app that the keys open with the highest version code, of the first owner that has it."""
        row = await self._database.read_one(
            f"SELECT apps.device_id AS owner_id, {_APP} FROM app_keys JOIN apps USING (device_id, package_name)"
            " WHERE (app_keys.device_id, app_keys.key) IN (SELECT value ->> 0, value ->> 1 FROM json_each(?))"
            " AND app_keys.package_name = ? ORDER BY apps.version_code DESC, apps.device_id LIMIT 1",
            (_pairs(keyring), package_name),
        )
        return _share(row) if row else None

    async def push_preference(self, device_id: str) -> PushPreference | None:
        """The push preference of a device; None when it has not said any."""
        row = await self._database.read_one(
            "SELECT policy, (SELECT json_group_array(sender_id) FROM push_preference_senders"
            " WHERE push_preference_senders.device_id = push_preferences.device_id) AS senders"
            " FROM push_preferences WHERE device_id = ?",
            (device_id,),
        )
        return PushPreference(PushPolicy(row["policy"]), frozenset(json.loads(row["senders"]))) if row else None

    async def head(self, device_id: str) -> int:
        """The position of the newest event that an inbox has ever had; 0 when there has been none."""
        row = await self._database.read_one("SELECT head FROM inboxes WHERE device_id = ?", (device_id,))
        return int(row["head"]) if row else 0

    async def inbox_page(
        self, device_id: str, keys: Mapping[Level, frozenset[Key]], after: int, limit: int, share_limit: int
    ) -> InboxPage:
        """The events behind a position, with those of their apps that the keys for the event's level open."""
        rows = await self._inbox_rows(device_id, keys, after, limit, share_limit + 1)
        cut = len(rows) > share_limit
        if cut:
            whole = [row for row in rows if row["position"] != rows[-1]["position"]]
            rows = whole or await self._inbox_rows(device_id, keys, after, 1, _NO_LIMIT)
        events = [_event(position, list(group)) for position, group in groupby(rows, key=lambda row: row["position"])]
        return InboxPage(
            tuple(event for event in events if event.shares),
            through=events[-1].position if events else after,
            more=cut or len(events) == limit,
        )

    async def _inbox_rows(
        self, device_id: str, keys: Mapping[Level, frozenset[Key]], after: int, limit: int, row_limit: int
    ) -> list[sqlite3.Row]:
        """A row per share of an event, and one without an app for an event that has none."""
        return await self._database.read(
            "WITH waiting AS (SELECT position, push_id, level FROM inbox_events"
            " WHERE device_id = ? AND position > ? ORDER BY position LIMIT ?)"
            f" SELECT waiting.position, pushes.sender_id AS owner_id, pushes.note, pushes.create_time, {_APP}"
            " FROM waiting JOIN pushes USING (push_id)"
            " LEFT JOIN app_keys ON app_keys.device_id = pushes.sender_id"
            " AND (waiting.level, app_keys.key) IN (SELECT value ->> 0, value ->> 1 FROM json_each(?))"
            " AND (pushes.whole_list OR EXISTS (SELECT 1 FROM push_apps"
            " WHERE push_apps.push_id = pushes.push_id AND push_apps.package_name = app_keys.package_name))"
            " LEFT JOIN apps ON apps.device_id = app_keys.device_id AND apps.package_name = app_keys.package_name"
            " ORDER BY waiting.position, apps.package_name LIMIT ?",
            (device_id, after, limit, _pairs(keys), row_limit),
        )


class SqliteRegistryChange:
    """A `RegistryChange` inside one transaction."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def put_apps(self, device_id: str, apps: Collection[App]) -> None:
        """Adds apps, admitting no key, and updates those that are there, which keep their keys."""
        await self._transaction.write_many(
            "INSERT INTO apps (device_id, platform, package_name, label, version_name, version_code, signer_sha256,"
            " icon_sha256) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET platform = excluded.platform,"
            " label = excluded.label, version_name = excluded.version_name, version_code = excluded.version_code,"
            " signer_sha256 = excluded.signer_sha256, icon_sha256 = excluded.icon_sha256",
            [
                (
                    device_id,
                    app.platform,
                    app.package_name,
                    app.label,
                    app.version_name,
                    app.version_code,
                    app.signer_sha256,
                    app.icon_sha256,
                )
                for app in apps
            ],
        )

    async def drop_apps(self, device_id: str, package_names: Collection[str]) -> None:
        """Removes apps with their keys; one that is not there is none to remove."""
        await self._transaction.write(
            "DELETE FROM apps WHERE device_id = ? AND package_name IN (SELECT value FROM json_each(?))",
            (device_id, _array(package_names)),
        )

    async def drop_other_apps(self, device_id: str, package_names: Collection[str]) -> None:
        """Removes all apps but those named."""
        await self._transaction.write(
            "DELETE FROM apps WHERE device_id = ? AND package_name NOT IN (SELECT value FROM json_each(?))",
            (device_id, _array(package_names)),
        )

    async def count_apps(self, device_id: str) -> int:
        """How many apps a device has."""
        rows = await self._transaction.read("SELECT COUNT(*) FROM apps WHERE device_id = ?", (device_id,))
        return int(rows[0][0])

    async def present_apps(self, device_id: str, package_names: Collection[str]) -> frozenset[str]:
        """Those of the package names that the device has."""
        rows = await self._transaction.read(
            "SELECT package_name FROM apps WHERE device_id = ? AND package_name IN (SELECT value FROM json_each(?))",
            (device_id, _array(package_names)),
        )
        return frozenset(row["package_name"] for row in rows)

    async def replace_keys(self, device_id: str, keys: Mapping[str, frozenset[Key]]) -> None:
        """Sets the keys that apps admit, by package name; all of them must be there."""
        await self._transaction.write(
            "DELETE FROM app_keys WHERE device_id = ? AND package_name IN (SELECT value FROM json_each(?))",
            (device_id, _array(keys)),
        )
        await self._transaction.write_many(
            "INSERT INTO app_keys (device_id, package_name, key) VALUES (?, ?, ?)",
            [(device_id, package_name, key) for package_name, admitted in keys.items() for key in admitted],
        )

    async def admitted_keys(self, device_id: str, package_names: Collection[str]) -> frozenset[Key]:
        """The keys of which each opens at least one of the apps named, or of all apps when none is named."""
        rows = await self._transaction.read(
            "SELECT DISTINCT key FROM app_keys WHERE device_id = ?1"
            " AND (json_array_length(?2) = 0 OR package_name IN (SELECT value FROM json_each(?2)))",
            (device_id, _array(package_names)),
        )
        return frozenset(Key(row["key"]) for row in rows)

    async def replace_push_preference(self, device_id: str, preference: PushPreference) -> None:
        """Sets the push preference of a device."""
        await self._transaction.write("DELETE FROM push_preferences WHERE device_id = ?", (device_id,))
        await self._transaction.write(
            "INSERT INTO push_preferences (device_id, policy) VALUES (?, ?)", (device_id, preference.policy)
        )
        await self._transaction.write_many(
            "INSERT INTO push_preference_senders (device_id, sender_id) VALUES (?, ?)",
            [(device_id, sender_id) for sender_id in preference.selected],
        )

    async def push_stances(self, sender_id: str, device_ids: Collection[str]) -> Mapping[str, PushStance]:
        """The preferences towards a sender, by device id; without the devices that have not said any."""
        rows = await self._transaction.read(
            "SELECT device_id, policy, EXISTS (SELECT 1 FROM push_preference_senders AS named"
            " WHERE named.device_id = push_preferences.device_id AND named.sender_id = ?) AS names_sender"
            " FROM push_preferences WHERE device_id IN (SELECT value FROM json_each(?))",
            (sender_id, _array(device_ids)),
        )
        return {row["device_id"]: PushStance(PushPolicy(row["policy"]), bool(row["names_sender"])) for row in rows}

    async def add_push(self, push: Push, recipients: Mapping[str, Level], now: float) -> None:
        """Puts a push into inboxes, each at its next position, with the level for the recipient's device id."""
        push_id = await self._transaction.insert(
            "INSERT INTO pushes (sender_id, note, whole_list, create_time) VALUES (?, ?, ?, ?)",
            (push.sender_id, push.note, not push.package_names, now),
        )
        await self._transaction.write_many(
            "INSERT INTO push_apps (push_id, package_name) VALUES (?, ?)",
            [(push_id, package_name) for package_name in push.package_names],
        )
        await self._transaction.write_many(
            "INSERT INTO inboxes (device_id, head) VALUES (?, 1) ON CONFLICT DO UPDATE SET head = head + 1",
            [(device_id,) for device_id in recipients],
        )
        await self._transaction.write_many(
            "INSERT INTO inbox_events (device_id, position, push_id, level)"
            " SELECT device_id, head, ?, ? FROM inboxes WHERE device_id = ?",
            [(push_id, level, device_id) for device_id, level in recipients.items()],
        )

    async def push_receipt(self, sender_id: str, request_id: str) -> PushReceipt | None:
        """The receipt of a sender's push with the request id."""
        row = await self._transaction.read_one(
            "SELECT digest, accepted FROM push_receipts WHERE sender_id = ? AND request_id = ?", (sender_id, request_id)
        )
        return PushReceipt(row["digest"], frozenset(json.loads(row["accepted"]))) if row else None

    async def add_push_receipt(self, sender_id: str, request_id: str, receipt: PushReceipt, now: float) -> None:
        """Stores the receipt of a sender's push with the request id."""
        await self._transaction.write(
            "INSERT INTO push_receipts (sender_id, request_id, digest, accepted, create_time) VALUES (?, ?, ?, ?, ?)",
            (sender_id, request_id, receipt.digest, _array(receipt.accepted), now),
        )

    async def forget_push_receipts(self, before: float) -> None:
        """Removes the receipts from before that time."""
        await self._transaction.write("DELETE FROM push_receipts WHERE create_time < ?", (before,))

    async def head(self, device_id: str) -> int:
        """The position of the newest event that an inbox has ever had; 0 when there has been none."""
        row = await self._transaction.read_one("SELECT head FROM inboxes WHERE device_id = ?", (device_id,))
        return int(row["head"]) if row else 0

    async def remove_events(self, device_id: str, through: int) -> None:
        """Removes the events up to a position, and pushes that no inbox has any more."""
        removed = await self._transaction.read(
            "DELETE FROM inbox_events WHERE device_id = ? AND position <= ? RETURNING push_id", (device_id, through)
        )
        await self._transaction.write(
            "DELETE FROM pushes WHERE push_id IN (SELECT value FROM json_each(?))"
            " AND NOT EXISTS (SELECT 1 FROM inbox_events WHERE inbox_events.push_id = pushes.push_id)",
            (json.dumps([row["push_id"] for row in removed]),),
        )


def _array(values: Collection[str]) -> str:
    return json.dumps(list(values))


def _pairs(keys: Mapping[str, frozenset[Key]] | Mapping[Level, frozenset[Key]]) -> str:
    """A JSON array of pairs, each of what the keys are filed under and one key."""
    return json.dumps([(filed_under, key) for filed_under, held in keys.items() for key in held])


def _app(row: sqlite3.Row) -> App:
    return App(
        Platform(row["platform"]),
        row["package_name"],
        row["label"],
        row["version_name"],
        row["version_code"],
        row["signer_sha256"],
        row["icon_sha256"],
    )


def _share(row: sqlite3.Row) -> Share:
    return Share(row["owner_id"], _app(row))


def _event(position: int, rows: list[sqlite3.Row]) -> InboxEvent:
    first = rows[0]
    shares = tuple(_share(row) for row in rows if row["package_name"] is not None)
    return InboxEvent(position, first["create_time"], first["owner_id"], first["note"], shares)
