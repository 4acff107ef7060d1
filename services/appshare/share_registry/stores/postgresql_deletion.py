"""Deletion of devices from PostgreSQL, wherever they stand."""

from collections.abc import Collection

from appshare.postgresql.database import Connection
from appshare.share_registry.model import Deletion, Key
from appshare.share_registry.stores.postgresql_inboxes import drop_unreferenced
from appshare.share_registry.stores.postgresql_locks import lock_devices

# $1 are the devices, $2 the keys that name them.
_OWNERS_CONCERNED = (
    "SELECT device_id FROM app_keys WHERE key = ANY($2::text[])"
    " UNION SELECT device_id FROM default_keys WHERE key = ANY($2::text[])"
    " UNION SELECT device_id FROM installs WHERE viewer_id = ANY($1::text[])"
)
_LOCK_PREFERENCES = (
    "SELECT FROM push_preferences WHERE device_id = ANY($1::text[])"
    " OR device_id IN (SELECT device_id FROM push_preference_senders WHERE sender_id = ANY($1::text[])"
    " UNION SELECT device_id FROM muted_senders WHERE sender_id = ANY($1::text[])) ORDER BY device_id FOR UPDATE"
)
_LOCK_INBOXES = (
    "SELECT FROM inboxes WHERE device_id = ANY($1::text[])"
    " OR device_id IN (SELECT device_id FROM inbox_events WHERE sender_id = ANY($1::text[]))"
    " ORDER BY device_id FOR UPDATE"
)

# What stands in the devices' own settings and apps goes with these, and is not counted as a place with others.
_PREFERENCES = (
    "DELETE FROM push_preferences WHERE device_id = ANY($1::text[])",
    "DELETE FROM push_preference_senders WHERE sender_id = ANY($1::text[])",
    "DELETE FROM muted_senders WHERE sender_id = ANY($1::text[])",
)
_KEYS_OF_OTHERS = (
    "DELETE FROM default_keys WHERE key = ANY($2::text[]) AND device_id <> ALL($1::text[])",
    "DELETE FROM app_keys WHERE key = ANY($2::text[]) AND device_id <> ALL($1::text[])",
)
_TRACES = (
    "DELETE FROM inboxes WHERE device_id = ANY($1::text[])",
    "DELETE FROM installs WHERE viewer_id = ANY($1::text[])",
    "DELETE FROM push_quotas WHERE sender_id = ANY($1::text[])",
    "DELETE FROM push_receipts WHERE sender_id = ANY($1::text[])",
)


async def delete_devices(device_ids: Collection[str], keys: Collection[Key], connection: Connection) -> Deletion:
    """Deletes all that is kept of devices, and the keys that name them; a change of all whose apps know of them."""
    devices = list(device_ids)
    concerned = await connection.fetch(_OWNERS_CONCERNED, devices, list(keys))
    await lock_devices({*devices, *(row["device_id"] for row in concerned)}, connection)

    await connection.execute(_LOCK_PREFERENCES, devices)
    settings = [await _delete(connection, statement, devices) for statement in _PREFERENCES]
    apps = await _delete(connection, "DELETE FROM apps WHERE device_id = ANY($1::text[])", devices)
    own_defaults = await connection.fetch(
        "DELETE FROM default_keys WHERE device_id = ANY($1::text[]) RETURNING device_id", devices
    )
    settings += [await _delete(connection, statement, devices, list(keys)) for statement in _KEYS_OF_OTHERS]

    await connection.execute(_LOCK_INBOXES, devices)
    received = await connection.fetch(
        "DELETE FROM inbox_events WHERE device_id = ANY($1::text[]) RETURNING push", devices
    )
    sent = await connection.fetch("DELETE FROM inbox_events WHERE sender_id = ANY($1::text[]) RETURNING push", devices)
    for statement in _TRACES:
        await connection.execute(statement, devices)
    await connection.execute(
        "UPDATE push_receipts SET accepted = ARRAY(SELECT unnest(accepted) EXCEPT SELECT unnest($1::text[]))"
        " WHERE accepted && $1::text[]",
        devices,
    )
    await drop_unreferenced({row["push"] for row in (*received, *sent)} - {None}, connection)
    return Deletion(
        apps=apps,
        inbox_events=len(received),
        events_sent=len(sent),
        settings=sum(settings) + len({row["device_id"] for row in own_defaults}),
    )


async def _delete(connection: Connection, statement: str, *values: list[str]) -> int:
    """Runs a DELETE; returns how many rows it removed."""
    status: str = await connection.execute(statement, *values)
    return int(status.rpartition(" ")[2])
