"""The changes of friendships in SQLite."""

import sqlite3
from collections.abc import Collection, Mapping
from functools import partial

from appshare.relation_radar.model import Friend, FriendshipChange, Level
from appshare.sqlite.database import Database

_DEVICE = "(SELECT device FROM devices WHERE device_id = ?)"


class SqliteFriendshipChangeStore:
    """A `FriendshipChangeStore` on one SQLite database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def known_friends(self, device_id: str) -> Mapping[str, Friend]:
        """The friends as the device knows them, or is to be told, by device id; one that is over has the level NONE."""
        rows = await self._database.read(
            f"SELECT other_device_id, contact_id, level FROM friendship_changes WHERE device = {_DEVICE}", (device_id,)
        )
        return {row["other_device_id"]: _friend(row) for row in rows}

    async def record(self, device_id: str, friends: Collection[Friend], now: float, at_most: int) -> None:
        """Stores how friendships stand from now on; each whose level is another one gets the next position."""
        async with self._database.transaction() as transaction:
            await transaction.run(partial(_record, device_id, friends, now, at_most))

    async def changes(self, device_id: str, after: int, limit: int) -> list[FriendshipChange]:
        """The changes that are not acknowledged and behind a position, oldest first, `limit` of them."""
        rows = await self._database.read(
            "SELECT other_device_id, contact_id, level, position, change_time"
            " FROM friendship_changes JOIN friendship_watchers USING (device)"
            f" WHERE device = {_DEVICE} AND position > max(acknowledged_position, ?) ORDER BY position LIMIT ?",
            (device_id, after, limit),
        )
        return [FriendshipChange(row["position"], row["change_time"], _friend(row)) for row in rows]

    async def head(self, device_id: str) -> int:
        """The position of the newest change; 0 when there has never been one."""
        row = await self._database.read_one(
            f"SELECT head_position FROM friendship_watchers WHERE device = {_DEVICE}", (device_id,)
        )
        return int(row["head_position"]) if row else 0

    async def acknowledge(self, device_id: str, through: int) -> int:
        """Ends the delivery of the changes up to a position, and returns the head; beyond the head it does nothing."""
        async with self._database.transaction() as transaction:
            return await transaction.run(partial(_acknowledge, device_id, through))

    async def knowing(self, friend_id: str) -> list[str]:
        """The devices that know a device as a friend, also when that is not registered any more."""
        rows = await self._database.read(
            "SELECT device_id FROM friendship_changes JOIN devices USING (device)"
            " WHERE other_device_id = ? AND level <> ?",
            (friend_id, Level.NONE),
        )
        return [device_id for (device_id,) in rows]


def _record(
    device_id: str, friends: Collection[Friend], now: float, at_most: int, connection: sqlite3.Connection
) -> None:
    found = connection.execute("SELECT device FROM devices WHERE device_id = ?", (device_id,)).fetchone()
    if found is None:
        return
    [device] = found
    head, _ = _positions(device, connection)
    for friend in friends:
        head = _record_one(device, friend, head, now, connection)
    connection.execute(
        "INSERT INTO friendship_watchers (device, head_position, acknowledged_position) VALUES (?, ?, 0)"
        " ON CONFLICT DO UPDATE SET head_position = excluded.head_position",
        (device, head),
    )
    connection.execute(
        "DELETE FROM friendship_changes WHERE device = ?1 AND level = ?2 AND position <= (SELECT position"
        " FROM friendship_changes WHERE device = ?1 AND level = ?2 ORDER BY position DESC LIMIT 1 OFFSET ?3)",
        (device, Level.NONE, at_most),
    )


def _record_one(device: int, friend: Friend, head: int, now: float, connection: sqlite3.Connection) -> int:
    """Stores how one friendship stands; returns the head after it."""
    renamed = connection.execute(
        "UPDATE friendship_changes SET contact_id = ? WHERE device = ? AND other_device_id = ? AND level = ?",
        (friend.contact_id, device, friend.device_id, friend.level),
    )
    if renamed.rowcount:
        return head
    connection.execute(
        "INSERT OR REPLACE INTO friendship_changes"
        " (device, other_device_id, contact_id, level, position, change_time) VALUES (?, ?, ?, ?, ?, ?)",
        (device, friend.device_id, friend.contact_id, friend.level, head + 1, now),
    )
    return head + 1


def _acknowledge(device_id: str, through: int, connection: sqlite3.Connection) -> int:
    found = connection.execute("SELECT device FROM devices WHERE device_id = ?", (device_id,)).fetchone()
    if found is None:
        return 0
    [device] = found
    head, acknowledged = _positions(device, connection)
    if acknowledged < through <= head:
        connection.execute(
            "UPDATE friendship_watchers SET acknowledged_position = ? WHERE device = ?", (through, device)
        )
        connection.execute(
            "DELETE FROM friendship_changes WHERE device = ? AND level = ? AND position <= ?",
            (device, Level.NONE, through),
        )
    return head


def _positions(device: int, connection: sqlite3.Connection) -> tuple[int, int]:
    """The positions of the newest change and of the newest acknowledged one."""
    row = connection.execute(
        "SELECT head_position, acknowledged_position FROM friendship_watchers WHERE device = ?", (device,)
    ).fetchone()
    return (row["head_position"], row["acknowledged_position"]) if row else (0, 0)


def _friend(row: sqlite3.Row) -> Friend:
    return Friend(row["other_device_id"], row["contact_id"], Level(row["level"]))
