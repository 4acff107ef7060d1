"""ShareRegistry's data in SQLite."""

import hashlib
import json
import sqlite3
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from importlib.resources import files
from itertools import islice
from typing import TypeVar

from appshare.share_registry.model import (
    App,
    Deletion,
    InboxLimits,
    InboxPage,
    Install,
    Key,
    Keyring,
    Level,
    NameSearch,
    Page,
    Push,
    PushPolicy,
    PushPreference,
    PushQuota,
    PushReceipt,
    PushStance,
    Share,
    WaitingEvents,
)
from appshare.share_registry.stores import sqlite_deletion, sqlite_inboxes, sqlite_shares
from appshare.sqlite.connections import on_one_state
from appshare.sqlite.database import Database, Transaction

Result = TypeVar("Result")

MIGRATIONS = files("appshare.share_registry") / "migrations" / "sqlite"

_OWNERS_AT_A_TIME = 100
"""Owners whose apps are read in one go: others can read between."""

_FEW_OWNERS, _FEW_SHARES = 4, 64
"""So many are looked up at once."""


class SqliteRegistryStore:
    """A `RegistryStore` on one SQLite database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @asynccontextmanager
    async def change(self, *device_ids: str) -> AsyncIterator["SqliteRegistryChange"]:
        """All changes follow one another; each is durable when its context ends, and never was when that raises."""
        async with self._database.transaction() as transaction:
            yield SqliteRegistryChange(transaction)

    async def apps(self, device_id: str, after: str, limit: int) -> Page[tuple[App, frozenset[Key]]]:
        """The apps of a device with the keys that they admit, by package name from behind `after`."""
        rows = await self._database.read(
            f"SELECT {sqlite_shares.APP}, (SELECT json_group_array(key) FROM app_keys"
            " WHERE app_keys.device_id = apps.device_id AND app_keys.package_name = apps.package_name) AS keys"
            " FROM apps WHERE device_id = ? AND package_name > ? ORDER BY package_name LIMIT ?",
            (device_id, after, limit + 1),
        )
        items = [(sqlite_shares.app_of(row), frozenset(map(Key, json.loads(row["keys"])))) for row in rows[:limit]]
        return Page(tuple(items), more=len(rows) > limit)

    async def default_keys(self, device_id: str) -> frozenset[Key]:
        """The keys that new apps of a device admit."""
        rows = await self._database.read("SELECT key FROM default_keys WHERE device_id = ?", (device_id,))
        return frozenset(Key(row["key"]) for row in rows)

    async def shares(self, keyring: Keyring, after: tuple[str, str], limit: int) -> Page[Share]:
        """The apps that the keys open, by owner and package name from behind the pair `after`."""
        query = partial(sqlite_shares.shares, keyring, after, limit)
        return self._look_up(query) if _is_little(keyring, limit) else await self._database.run(query)

    async def shares_digest(self, keyring: Keyring) -> bytes:
        """A digest of all apps that the keys open, whichever of them does it; empty when there is none."""
        text = self._look_up(partial(_text_of_few, keyring)) if _is_little(keyring) else None
        if text is not None:
            return hashlib.sha256(text).digest() if text else b""
        digest, found = hashlib.sha256(), 0
        for part in _parts(keyring):
            text = await self._database.run(partial(sqlite_shares.shares_text, part)) or b""
            digest.update(text)
            found += len(text)
        return digest.digest() if found else b""

    async def newest_share(self, keyring: Keyring, package_name: str) -> Share | None:
        """The app that the keys open with the highest version code, of the first owner that has it."""
        query = partial(sqlite_shares.shares_named, keyring, [package_name])
        shares = self._look_up(query) if _is_little(keyring) else await self._database.run(query)
        return max(shares, key=lambda share: share.app.version_code, default=None)

    async def shared_names(
        self, keyring: Keyring, search: str, after: tuple[str, str], limit: int
    ) -> list[tuple[str, str]]:
        """Package names and platforms of apps that the keys open, each pair once, in order from behind `after`."""
        found: list[tuple[str, str]] = []
        for part in _parts(keyring):
            names = await self._database.run(partial(sqlite_shares.shared_names, part, search, after, limit))
            found = sorted({*found, *names})[:limit]
        return found

    async def found_names(self, keyring: Keyring, wanted: NameSearch, limit: int) -> list[str]:
        """Package names of apps that the keys open and a search is for, each once, in order."""
        found: list[str] = []
        for part in _parts(keyring):
            names = await self._database.run(partial(sqlite_shares.found_names, part, wanted, limit))
            found = sorted({*found, *names})[:limit]
        return found

    async def shares_named(self, keyring: Keyring, package_names: Collection[str]) -> AsyncIterator[Share]:
        """Those of the apps that the keys open which have one of the package names, by owner."""
        for part in _parts(keyring):
            for share in await self._database.run(partial(sqlite_shares.shares_named, part, package_names)):
                yield share

    async def opened_names(self, keyring: Keyring, package_names: Collection[str]) -> frozenset[str]:
        """Those of the package names of which the keys open an app."""
        found: frozenset[str] = frozenset()
        for part in _parts(keyring):
            found |= await self._database.run(partial(sqlite_shares.opened_names, part, package_names))
        return found

    async def push_preference(self, device_id: str) -> PushPreference | None:
        """The push preference of a device; None when it has not said any."""
        row = await self._database.read_one(
            "SELECT policy, (SELECT json_group_array(sender_id) FROM push_preference_senders AS named"
            " WHERE named.device_id = push_preferences.device_id) AS named,"
            " (SELECT json_group_array(sender_id) FROM muted_senders"
            " WHERE muted_senders.device_id = push_preferences.device_id) AS muted"
            " FROM push_preferences WHERE device_id = ?",
            (device_id,),
        )
        if row is None:
            return None
        named, muted = (frozenset(json.loads(row[column])) for column in ("named", "muted"))
        return PushPreference(PushPolicy(row["policy"]), named, muted)

    async def head(self, device_id: str) -> int:
        """The position of the newest event that an inbox has ever had; 0 when there has been none."""
        row = await self._database.read_one("SELECT head FROM inboxes WHERE device_id = ?", (device_id,))
        return int(row["head"]) if row else 0

    async def inbox_page(
        self, device_id: str, keys: Mapping[Level, frozenset[Key]], after: int, limit: int, share_limit: int
    ) -> InboxPage:
        """The events behind a position, with those of their apps that the keys for the event's level open."""
        return await self._database.run(partial(sqlite_inboxes.page, device_id, keys, after, limit, share_limit))

    async def waiting_events(self) -> WaitingEvents:
        """What waits in all inboxes together."""
        row = await self._database.read_one("SELECT COUNT(*) AS events, MIN(create_time) AS oldest FROM inbox_events")
        return WaitingEvents(row["events"], row["oldest"]) if row else WaitingEvents(0, None)

    async def inboxes_with_events(self, before: float, after: str, limit: int) -> list[str]:
        """Devices, by id from behind `after`, of which an event is from before a time."""
        rows = await self._database.read(
            "SELECT DISTINCT device_id FROM inbox_events INDEXED BY inbox_events_by_time"
            " WHERE create_time < ? AND device_id > ? ORDER BY device_id LIMIT ?",
            (before, after, limit),
        )
        return [row["device_id"] for row in rows]

    async def delete_devices(self, device_ids: Collection[str], keys: Collection[Key]) -> Deletion:
        """Deletes all that is kept of devices, and the keys that name them from what others admit."""
        async with self._database.transaction() as transaction:
            deletion = await transaction.run(partial(sqlite_deletion.delete_devices, device_ids, keys))
        await self._database.checkpoint()  # the log of changes would keep it
        return deletion

    def _look_up(self, query: Callable[[sqlite3.Connection], Result]) -> Result:
        """Asks for little, on one state of the database."""
        return self._database.look_up(partial(on_one_state, query))


class SqliteRegistryChange:
    """A `RegistryChange` inside one transaction."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def put_apps(self, device_id: str, apps: Collection[App]) -> None:
        """Adds apps, admitting the device's default keys, and updates those that are there, which keep their keys."""
        await self._transaction.run(partial(sqlite_shares.put_apps, device_id, apps))

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

    async def replace_default_keys(self, device_id: str, keys: frozenset[Key]) -> None:
        """Sets the keys that new apps of a device admit."""
        await self._transaction.write("DELETE FROM default_keys WHERE device_id = ?", (device_id,))
        await self._transaction.write_many(
            "INSERT INTO default_keys (device_id, key) VALUES (?, ?)", [(device_id, key) for key in keys]
        )

    async def admitted_keys(self, device_id: str, package_names: Collection[str]) -> frozenset[Key]:
        """The keys of which each opens at least one of the apps named, or of all apps when none is named."""
        rows = await self._transaction.read(
            "SELECT DISTINCT key FROM app_keys WHERE device_id = ?1"
            " AND (json_array_length(?2) = 0 OR package_name IN (SELECT value FROM json_each(?2)))",
            (device_id, _array(package_names)),
        )
        return frozenset(Key(row["key"]) for row in rows)

    async def owners_sharing(self, keyring: Keyring, package_name: str) -> frozenset[str]:
        """The owners of whom the keys open the app."""
        shares = await self._transaction.run(partial(sqlite_shares.shares_named, keyring, [package_name]))
        return frozenset(share.owner_id for share in shares)

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
        await self._transaction.write_many(
            "INSERT INTO muted_senders (device_id, sender_id) VALUES (?, ?)",
            [(device_id, sender_id) for sender_id in preference.muted],
        )

    async def push_stances(self, sender_id: str, device_ids: Collection[str]) -> Mapping[str, PushStance]:
        """The preferences towards a sender, by device id; without the devices that have not said any."""
        rows = await self._transaction.read(
            "SELECT device_id, policy, EXISTS (SELECT 1 FROM push_preference_senders AS named"
            " WHERE named.device_id = push_preferences.device_id AND named.sender_id = ?1) AS names_sender,"
            " EXISTS (SELECT 1 FROM muted_senders AS muted"
            " WHERE muted.device_id = push_preferences.device_id AND muted.sender_id = ?1) AS mutes_sender"
            " FROM push_preferences WHERE device_id IN (SELECT value FROM json_each(?2))",
            (sender_id, _array(device_ids)),
        )
        return {
            row["device_id"]: PushStance(
                PushPolicy(row["policy"]),
                names_sender=bool(row["names_sender"]),
                mutes_sender=bool(row["mutes_sender"]),
            )
            for row in rows
        }

    async def push_quota(self, sender_id: str) -> PushQuota | None:
        """What was counted last for a sender."""
        row = await self._transaction.read_one(
            "SELECT since_time, count FROM push_quotas WHERE sender_id = ?", (sender_id,)
        )
        return PushQuota(row["since_time"], row["count"]) if row else None

    async def replace_push_quota(self, sender_id: str, quota: PushQuota) -> None:
        """Counts for a sender."""
        await self._transaction.write(
            "INSERT INTO push_quotas (sender_id, since_time, count) VALUES (?, ?, ?)"
            " ON CONFLICT DO UPDATE SET since_time = excluded.since_time, count = excluded.count",
            (sender_id, quota.since_time, quota.count),
        )

    async def add_push(
        self, push_id: str, push: Push, recipients: Mapping[str, Level], now: float, limits: InboxLimits
    ) -> None:
        """Puts a push into inboxes, each at its next position, with the level for the recipient's device id."""
        await self._transaction.run(partial(sqlite_inboxes.add_push, push_id, push, recipients, now, limits))

    async def remove_push(self, sender_id: str, push_id: str) -> None:
        """Removes a push of the sender from all inboxes."""
        await self._transaction.write(
            "DELETE FROM inbox_events WHERE push = (SELECT push FROM pushes WHERE push_id = ? AND sender_id = ?)",
            (push_id, sender_id),
        )

    async def push_receipt(self, sender_id: str, request_id: str) -> PushReceipt | None:
        """The receipt of a sender's push with the request id."""
        row = await self._transaction.read_one(
            "SELECT push_id, digest, (SELECT json_group_array(device_id) FROM receipt_recipients"
            " WHERE receipt_recipients.receipt = push_receipts.receipt) AS accepted"
            " FROM push_receipts WHERE sender_id = ? AND request_id = ?",
            (sender_id, request_id),
        )
        return PushReceipt(row["push_id"], row["digest"], frozenset(json.loads(row["accepted"]))) if row else None

    async def add_push_receipt(self, sender_id: str, request_id: str, receipt: PushReceipt, now: float) -> None:
        """Stores the receipt of a sender's push with the request id."""
        number = await self._transaction.insert(
            "INSERT INTO push_receipts (sender_id, request_id, push_id, digest, create_time) VALUES (?, ?, ?, ?, ?)",
            (sender_id, request_id, receipt.push_id, receipt.digest, now),
        )
        await self._transaction.write_many(
            "INSERT INTO receipt_recipients (receipt, device_id) VALUES (?, ?)",
            [(number, device_id) for device_id in receipt.accepted],
        )

    async def forget_push_receipts(self, before: float) -> None:
        """Removes the receipts from before that time."""
        await self._transaction.write("DELETE FROM push_receipts WHERE create_time < ?", (before,))

    async def add_install(
        self, owner_ids: Collection[str], install: Install, now: float, limits: InboxLimits
    ) -> frozenset[str]:
        """Puts an install of an app that they have into the inboxes of owners; returns those that get it."""
        return await self._transaction.run(partial(sqlite_inboxes.add_install, owner_ids, install, now, limits))

    async def head(self, device_id: str) -> int:
        """The position of the newest event that an inbox has ever had; 0 when there has been none."""
        row = await self._transaction.read_one("SELECT head FROM inboxes WHERE device_id = ?", (device_id,))
        return int(row["head"]) if row else 0

    async def remove_events(self, device_id: str, through: int) -> None:
        """Removes the events up to a position, and pushes that no inbox has any more."""
        await self._transaction.run(partial(sqlite_inboxes.remove_events, device_id, through))

    async def trim_inboxes(self, device_ids: Collection[str], before: float, now: float) -> None:
        """Puts a gap in the place of the oldest events of inboxes, up to the first that is not from before a time."""
        await self._transaction.run(partial(sqlite_inboxes.trim, device_ids, before, now))


def _array(values: Collection[str]) -> str:
    return json.dumps(list(values))


def _is_little(keyring: Keyring, limit: int = _FEW_SHARES) -> bool:
    return len(keyring) <= _FEW_OWNERS and limit <= _FEW_SHARES


def _text_of_few(keyring: Keyring, connection: sqlite3.Connection) -> bytes | None:
    return sqlite_shares.shares_text(keyring, connection, at_most=_FEW_SHARES)


def _parts(keyring: Keyring) -> Iterator[Keyring]:
    """The keys by owner, some owners at a time, in order."""
    owners = iter(sorted(keyring.items()))
    while part := dict(islice(owners, _OWNERS_AT_A_TIME)):
        yield part
