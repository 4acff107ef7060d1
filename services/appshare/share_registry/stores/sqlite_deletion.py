"""Deletion of devices from SQLite, wherever they stand."""

import json
import sqlite3
from collections.abc import Collection

from appshare.share_registry.model import Deletion, Key

# What stands in the devices' own settings and apps goes with these, and is not counted as a place with others.
_SETTINGS = (
    "DELETE FROM push_preferences WHERE device_id IN (SELECT value FROM json_each(:devices))",
    "DELETE FROM push_preference_senders WHERE sender_id IN (SELECT value FROM json_each(:devices))",
    "DELETE FROM muted_senders WHERE sender_id IN (SELECT value FROM json_each(:devices))",
    "DELETE FROM default_keys WHERE key IN (SELECT value FROM json_each(:keys))"
    " AND device_id NOT IN (SELECT value FROM json_each(:devices))",
    "DELETE FROM app_keys WHERE key IN (SELECT value FROM json_each(:keys))",
)
_TRACES = (
    "DELETE FROM default_keys WHERE device_id IN (SELECT value FROM json_each(:devices))",
    "DELETE FROM inboxes WHERE device_id IN (SELECT value FROM json_each(:devices))",
    "DELETE FROM installs WHERE viewer_id IN (SELECT value FROM json_each(:devices))",
    "DELETE FROM push_quotas WHERE sender_id IN (SELECT value FROM json_each(:devices))",
    "DELETE FROM push_receipts WHERE sender_id IN (SELECT value FROM json_each(:devices))",
    "DELETE FROM receipt_recipients WHERE device_id IN (SELECT value FROM json_each(:devices))",
)


def delete_devices(device_ids: Collection[str], keys: Collection[Key], connection: sqlite3.Connection) -> Deletion:
    """Deletes all that is kept of devices, and the keys that name them; run in one go (`Transaction.run`)."""
    values = {"devices": json.dumps(list(device_ids)), "keys": json.dumps(list(keys))}

    def delete(*statements: str) -> int:
        return sum(connection.execute(statement, values).rowcount for statement in statements)

    [default_audiences] = connection.execute(
        "SELECT COUNT(DISTINCT device_id) FROM default_keys WHERE device_id IN (SELECT value FROM json_each(:devices))",
        values,
    ).fetchone()
    deletion = Deletion(
        inbox_events=delete("DELETE FROM inbox_events WHERE device_id IN (SELECT value FROM json_each(:devices))"),
        events_sent=delete("DELETE FROM inbox_events WHERE sender_id IN (SELECT value FROM json_each(:devices))"),
        apps=delete("DELETE FROM apps WHERE device_id IN (SELECT value FROM json_each(:devices))"),
        settings=default_audiences + delete(*_SETTINGS),
    )
    delete(*_TRACES)
    return deletion
