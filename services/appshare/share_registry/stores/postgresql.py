"""ShareRegistry's data in PostgreSQL.

Changes run beside one another, in as many copies of the service as there are. What has to stay as it was read is
locked, always in this order, so that none waits for another in a circle: the devices that a change is of, push
preferences, apps, inboxes, pushes; of each kind by id.
"""

from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from functools import partial
from importlib.resources import files

from appshare.postgresql.database import Connection, Database
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
from appshare.share_registry.stores import (
    postgresql_deletion,
    postgresql_inboxes,
    postgresql_preferences,
    postgresql_shares,
)
from appshare.share_registry.stores.postgresql_locks import lock_devices

MIGRATIONS = files("appshare.share_registry") / "migrations" / "postgresql"

_FORGOTTEN_AT_ONCE = 1_000
"""Receipts that one change removes."""


class PostgresqlRegistryStore:
    """A `RegistryStore` on one schema of a PostgreSQL database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @asynccontextmanager
    async def change(self, *device_ids: str) -> AsyncIterator["PostgresqlRegistryChange"]:
        """A change is durable when its context ends, and never was when that raises; those of a device take turns."""
        async with self._database.transaction() as connection:
            await lock_devices(device_ids, connection)
            change = PostgresqlRegistryChange(connection)
            yield change
            await change.finish()

    async def apps(self, device_id: str, after: str, limit: int) -> Page[tuple[App, frozenset[Key]]]:
        """The apps of a device with the keys that they admit, by package name from behind `after`."""
        rows = await self._database.read(
            f"SELECT {postgresql_shares.APP}, ARRAY(SELECT key FROM app_keys"
            " WHERE app_keys.device_id = apps.device_id AND app_keys.package_name = apps.package_name) AS keys"
            " FROM apps WHERE device_id = $1 AND package_name > $2 ORDER BY package_name LIMIT $3",
            *(device_id, after, limit + 1),
        )
        items = [(postgresql_shares.app_of(row), frozenset(map(Key, row["keys"]))) for row in rows[:limit]]
        return Page(tuple(items), more=len(rows) > limit)

    async def default_keys(self, device_id: str) -> frozenset[Key]:
        """The keys that new apps of a device admit."""
        rows = await self._database.read("SELECT key FROM default_keys WHERE device_id = $1", device_id)
        return frozenset(Key(row["key"]) for row in rows)

    async def shares(self, keyring: Keyring, after: tuple[str, str], limit: int) -> Page[Share]:
        """The apps that the keys open, by owner and package name from behind the pair `after`."""
        return await postgresql_shares.shares(keyring, after, limit, self._database)

    async def shares_digest(self, keyring: Keyring) -> bytes:
        """A digest of all apps that the keys open, whichever of them does it; empty when there is none."""
        return await postgresql_shares.digest(keyring, self._database)

    async def newest_share(self, keyring: Keyring, package_name: str) -> Share | None:
        """The app that the keys open with the highest version code, of the first owner that has it."""
        shares = [each async for each in self.shares_named(keyring, [package_name])]
        return max(shares, key=lambda share: share.app.version_code, default=None)

    async def shared_names(
        self, keyring: Keyring, search: str, after: tuple[str, str], limit: int
    ) -> list[tuple[str, str]]:
        """Package names and platforms of apps that the keys open, each pair once, in order from behind `after`."""
        found: list[tuple[str, str]] = []
        for part in postgresql_shares.parts(keyring):
            names = await postgresql_shares.shared_names(part, search, after, limit, self._database)
            found = sorted({*found, *names})[:limit]
        return found

    async def found_names(self, keyring: Keyring, wanted: NameSearch, limit: int) -> list[str]:
        """Package names of apps that the keys open and a search is for, each once, in order."""
        found: list[str] = []
        for part in postgresql_shares.parts(keyring):
            names = await postgresql_shares.found_names(part, wanted, limit, self._database)
            found = sorted({*found, *names})[:limit]
        return found

    async def shares_named(self, keyring: Keyring, package_names: Collection[str]) -> AsyncIterator[Share]:
        """Those of the apps that the keys open which have one of the package names, by owner."""
        for part in postgresql_shares.parts(keyring):
            for share in await postgresql_shares.shares_named(part, package_names, self._database):
                yield share

    async def opened_names(self, keyring: Keyring, package_names: Collection[str]) -> frozenset[str]:
        """Those of the package names of which the keys open an app."""
        found: frozenset[str] = frozenset()
        for part in postgresql_shares.parts(keyring):
            found |= await postgresql_shares.opened_names(part, package_names, self._database)
        return found

    async def push_preference(self, device_id: str) -> PushPreference | None:
        """The push preference of a device; None when it has not said any."""
        row = await self._database.read_one(
            "SELECT policy, ARRAY(SELECT sender_id FROM push_preference_senders AS named"
            " WHERE named.device_id = push_preferences.device_id) AS named,"
            " ARRAY(SELECT sender_id FROM muted_senders"
            " WHERE muted_senders.device_id = push_preferences.device_id) AS muted"
            " FROM push_preferences WHERE device_id = $1",
            device_id,
        )
        if row is None:
            return None
        return PushPreference(PushPolicy(row["policy"]), frozenset(row["named"]), frozenset(row["muted"]))

    async def head(self, device_id: str) -> int:
        """The position of the newest event that an inbox has ever had; 0 when there has been none."""
        row = await self._database.read_one("SELECT head FROM inboxes WHERE device_id = $1", device_id)
        return int(row["head"]) if row else 0

    async def inbox_page(
        self, device_id: str, keys: Mapping[Level, frozenset[Key]], after: int, limit: int, share_limit: int
    ) -> InboxPage:
        """The events behind a position, with those of their apps that the keys for the event's level open."""
        return await self._database.run(partial(postgresql_inboxes.page, device_id, keys, after, limit, share_limit))

    async def waiting_events(self) -> WaitingEvents:
        """What waits in all inboxes together."""
        row = await self._database.read_one("SELECT count(*) AS events, min(create_time) AS oldest FROM inbox_events")
        return WaitingEvents(row["events"], row["oldest"]) if row else WaitingEvents(0, None)

    async def inboxes_with_events(self, before: float, after: str, limit: int) -> list[str]:
        """Devices, by id from behind `after`, of which an event is from before a time."""
        rows = await self._database.read(
            "SELECT DISTINCT device_id FROM inbox_events WHERE create_time < $1 AND device_id > $2"
            " ORDER BY device_id LIMIT $3",
            *(before, after, limit),
        )
        return [row["device_id"] for row in rows]

    async def delete_devices(self, device_ids: Collection[str], keys: Collection[Key]) -> Deletion:
        """Deletes all that is kept of devices, and the keys that name them from what others admit."""
        return await self._database.change_under_locks(partial(postgresql_deletion.delete_devices, device_ids, keys))


class PostgresqlRegistryChange:
    """A `RegistryChange` inside one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._pushes: set[int] = set()
        """Of which events were removed."""

    async def finish(self) -> None:
        """Removes the pushes that no inbox has any more: last of all, as the order of the locks wants it."""
        await postgresql_inboxes.drop_unreferenced(self._pushes, self._connection)

    async def put_apps(self, device_id: str, apps: Collection[App]) -> None:
        """Adds apps, admitting the device's default keys, and updates those that are there, which keep their keys."""
        await postgresql_shares.put_apps(device_id, apps, self._connection)

    async def drop_apps(self, device_id: str, package_names: Collection[str]) -> None:
        """Removes apps with their keys; one that is not there is none to remove."""
        await self._connection.execute(
            "DELETE FROM apps WHERE device_id = $1 AND package_name = ANY($2::text[])", device_id, list(package_names)
        )

    async def drop_other_apps(self, device_id: str, package_names: Collection[str]) -> None:
        """Removes all apps but those named."""
        await self._connection.execute(
            "DELETE FROM apps WHERE device_id = $1 AND package_name <> ALL($2::text[])", device_id, list(package_names)
        )

    async def count_apps(self, device_id: str) -> int:
        """How many apps a device has."""
        return int(await self._connection.fetchval("SELECT count(*) FROM apps WHERE device_id = $1", device_id))

    async def present_apps(self, device_id: str, package_names: Collection[str]) -> frozenset[str]:
        """Those of the package names that the device has."""
        rows = await self._connection.fetch(
            "SELECT package_name FROM apps WHERE device_id = $1 AND package_name = ANY($2::text[])",
            *(device_id, list(package_names)),
        )
        return frozenset(row["package_name"] for row in rows)

    async def replace_keys(self, device_id: str, keys: Mapping[str, frozenset[Key]]) -> None:
        """Sets the keys that apps admit, by package name; all of them must be there."""
        await postgresql_shares.replace_keys(device_id, keys, self._connection)

    async def replace_default_keys(self, device_id: str, keys: frozenset[Key]) -> None:
        """Sets the keys that new apps of a device admit."""
        await self._connection.execute("DELETE FROM default_keys WHERE device_id = $1", device_id)
        await self._connection.execute(
            "INSERT INTO default_keys (device_id, key) SELECT $1, unnest($2::text[])", device_id, list(keys)
        )

    async def admitted_keys(self, device_id: str, package_names: Collection[str]) -> frozenset[Key]:
        """The keys of which each opens at least one of the apps named, or of all apps when none is named."""
        rows = await self._connection.fetch(
            "SELECT DISTINCT key FROM app_keys WHERE device_id = $1"
            " AND (cardinality($2::text[]) = 0 OR package_name = ANY($2::text[]))",
            *(device_id, list(package_names)),
        )
        return frozenset(Key(row["key"]) for row in rows)

    async def owners_sharing(self, keyring: Keyring, package_name: str) -> frozenset[str]:
        """The owners of whom the keys open the app."""
        return await postgresql_shares.owners_sharing(keyring, package_name, self._connection)

    async def replace_push_preference(self, device_id: str, preference: PushPreference) -> None:
        """Sets the push preference of a device."""
        await postgresql_preferences.replace(device_id, preference, self._connection)

    async def push_stances(self, sender_id: str, device_ids: Collection[str]) -> Mapping[str, PushStance]:
        """The preferences towards a sender, by device id; without the devices that have not said any."""
        return await postgresql_preferences.stances(sender_id, device_ids, self._connection)

    async def push_quota(self, sender_id: str) -> PushQuota | None:
        """What was counted last for a sender."""
        row = await self._connection.fetchrow(
            "SELECT since_time, count FROM push_quotas WHERE sender_id = $1", sender_id
        )
        return PushQuota(row["since_time"], row["count"]) if row else None

    async def replace_push_quota(self, sender_id: str, quota: PushQuota) -> None:
        """Counts for a sender."""
        await self._connection.execute(
            "INSERT INTO push_quotas (sender_id, since_time, count) VALUES ($1, $2, $3)"
            " ON CONFLICT (sender_id) DO UPDATE SET since_time = excluded.since_time, count = excluded.count",
            *(sender_id, quota.since_time, quota.count),
        )

    async def add_push(
        self, push_id: str, push: Push, recipients: Mapping[str, Level], now: float, limits: InboxLimits
    ) -> None:
        """Puts a push into inboxes, each at its next position, with the level for the recipient's device id."""
        self._pushes |= await postgresql_inboxes.add_push(push_id, push, recipients, now, limits, self._connection)

    async def remove_push(self, sender_id: str, push_id: str) -> None:
        """Removes a push of the sender from all inboxes."""
        self._pushes |= await postgresql_inboxes.remove_push(sender_id, push_id, self._connection)

    async def push_receipt(self, sender_id: str, request_id: str) -> PushReceipt | None:
        """The receipt of a sender's push with the request id."""
        row = await self._connection.fetchrow(
            "SELECT push_id, digest, accepted FROM push_receipts WHERE sender_id = $1 AND request_id = $2",
            *(sender_id, request_id),
        )
        return PushReceipt(row["push_id"], row["digest"], frozenset(row["accepted"])) if row else None

    async def add_push_receipt(self, sender_id: str, request_id: str, receipt: PushReceipt, now: float) -> None:
        """Stores the receipt of a sender's push with the request id."""
        await self._connection.execute(
            "INSERT INTO push_receipts (sender_id, request_id, push_id, digest, create_time, accepted)"
            " VALUES ($1, $2, $3, $4, $5, $6)",
            *(sender_id, request_id, receipt.push_id, receipt.digest, now, list(receipt.accepted)),
        )

    async def forget_push_receipts(self, before: float) -> None:
        """Removes the receipts from before that time; those that another change is removing are left to it."""
        await self._connection.execute(
            "DELETE FROM push_receipts WHERE (sender_id, request_id) IN"
            " (SELECT sender_id, request_id FROM push_receipts WHERE create_time < $1"
            " ORDER BY create_time LIMIT $2 FOR UPDATE SKIP LOCKED)",
            *(before, _FORGOTTEN_AT_ONCE),
        )

    async def add_install(
        self, owner_ids: Collection[str], install: Install, now: float, limits: InboxLimits
    ) -> frozenset[str]:
        """Puts an install of an app that they have into the inboxes of owners; returns those that get it."""
        told, pushes = await postgresql_inboxes.add_install(owner_ids, install, now, limits, self._connection)
        self._pushes |= pushes
        return told

    async def head(self, device_id: str) -> int:
        """The position of the newest event that an inbox has ever had; 0 when there has been none."""
        return await postgresql_inboxes.locked_head(device_id, self._connection)

    async def remove_events(self, device_id: str, through: int) -> None:
        """Removes the events up to a position, and pushes that no inbox has any more."""
        self._pushes |= await postgresql_inboxes.remove_events(device_id, through, self._connection)

    async def trim_inboxes(self, device_ids: Collection[str], before: float, now: float) -> None:
        """Puts a gap in the place of the oldest events of inboxes, up to the first that is not from before a time."""
        self._pushes |= await postgresql_inboxes.trim(device_ids, before, now, self._connection)
