"""The changes of friendships in PostgreSQL."""

from collections.abc import Collection, Mapping, Sequence

import asyncpg

from appshare.postgresql.database import Connection, Database
from appshare.relation_radar.model import Friend, FriendshipChange, Level

_DEVICE = "(SELECT device FROM devices WHERE device_id = $1)"

# Until the transaction ends, nobody else changes the row, and the device stays.
_OPEN = """
    INSERT INTO friendship_watchers AS watcher (device, head_position, acknowledged_position)
    SELECT device, 0, 0 FROM devices WHERE device_id = $1 FOR KEY SHARE
    ON CONFLICT (device) DO UPDATE SET head_position = watcher.head_position
    RETURNING device, head_position, acknowledged_position
"""

_RENAME = """
    UPDATE friendship_changes SET contact_id = friend.contact_id
    FROM unnest($2::text[], $3::bigint[]) AS friend (device_id, contact_id)
    WHERE device = $1 AND other_device_id = friend.device_id AND friendship_changes.contact_id <> friend.contact_id
"""

_CHANGE = """
    INSERT INTO friendship_changes (device, other_device_id, contact_id, level, position, change_time)
    SELECT $1, device_id, contact_id, level, $5 + nth, $6
    FROM unnest($2::text[], $3::bigint[], $4::smallint[]) WITH ORDINALITY AS friend (device_id, contact_id, level, nth)
    ON CONFLICT (device, other_device_id) DO UPDATE SET contact_id = excluded.contact_id, level = excluded.level,
        position = excluded.position, change_time = excluded.change_time
"""

_KEEP_NEWEST_ENDS = """
    DELETE FROM friendship_changes WHERE device = $1 AND level = $2 AND position <= (
        SELECT position FROM friendship_changes WHERE device = $1 AND level = $2
        ORDER BY position DESC LIMIT 1 OFFSET $3
    )
"""


class PostgresqlFriendshipChangeStore:
    """A `FriendshipChangeStore` on a PostgreSQL database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def known_friends(self, device_id: str) -> Mapping[str, Friend]:
        """The friends as the device knows them, or is to be told, by device id; one that is over has the level NONE."""
        rows = await self._database.read(
            f"SELECT other_device_id, contact_id, level FROM friendship_changes WHERE device = {_DEVICE}", device_id
        )
        return {row["other_device_id"]: _friend(row) for row in rows}

    async def record(self, device_id: str, friends: Collection[Friend], now: float, at_most: int) -> None:
        """Stores how friendships stand from now on; each whose level is another one gets the next position."""

        async def work(connection: Connection) -> None:
            watcher = await connection.fetchrow(_OPEN, device_id)
            if watcher is not None:
                await _record(watcher, list(friends), now, at_most, connection)

        await self._database.change_under_locks(work)

    async def changes(self, device_id: str, after: int, limit: int) -> list[FriendshipChange]:
        """The changes that are not acknowledged and behind a position, oldest first, `limit` of them."""
        rows = await self._database.read(
            "SELECT other_device_id, contact_id, level, position, change_time"
            " FROM friendship_changes JOIN friendship_watchers USING (device)"
            f" WHERE device = {_DEVICE} AND position > greatest(acknowledged_position, $2) ORDER BY position LIMIT $3",
            device_id,
            after,
            limit,
        )
        return [FriendshipChange(row["position"], row["change_time"], _friend(row)) for row in rows]

    async def head(self, device_id: str) -> int:
        """The position of the newest change; 0 when there has never been one."""
        row = await self._database.read_one(
            f"SELECT head_position FROM friendship_watchers WHERE device = {_DEVICE}", device_id
        )
        return row["head_position"] if row else 0

    async def acknowledge(self, device_id: str, through: int) -> int:
        """Ends the delivery of the changes up to a position, and returns the head; beyond the head it does nothing."""

        async def work(connection: Connection) -> int:
            watcher = await connection.fetchrow(_OPEN, device_id)
            if watcher is None:
                return 0
            head: int = watcher["head_position"]
            if watcher["acknowledged_position"] < through <= head:
                await _acknowledge(watcher["device"], through, connection)
            return head

        return await self._database.change_under_locks(work)

    async def knowing(self, friend_id: str) -> list[str]:
        """The devices that know a device as a friend, also when that is not registered any more."""
        rows = await self._database.read(
            "SELECT device_id FROM friendship_changes JOIN devices USING (device)"
            " WHERE other_device_id = $1 AND level <> $2",
            friend_id,
            Level.NONE,
        )
        return [row["device_id"] for row in rows]


async def _record(
    watcher: asyncpg.Record, friends: Sequence[Friend], now: float, at_most: int, connection: Connection
) -> None:
    device, head = watcher["device"], watcher["head_position"]
    rows = await connection.fetch(
        "SELECT other_device_id, level FROM friendship_changes WHERE device = $1 AND other_device_id = ANY($2::text[])",
        device,
        [friend.device_id for friend in friends],
    )
    known = {row["other_device_id"]: row["level"] for row in rows}
    same = [friend for friend in friends if known.get(friend.device_id) == friend.level]
    other = [friend for friend in friends if known.get(friend.device_id) != friend.level]
    await connection.execute(_RENAME, device, *_columns(same)[:2])
    await connection.execute(_CHANGE, device, *_columns(other), head, now)
    await connection.execute(
        "UPDATE friendship_watchers SET head_position = $2 WHERE device = $1", device, head + len(other)
    )
    await connection.execute(_KEEP_NEWEST_ENDS, device, Level.NONE, at_most)


async def _acknowledge(device: int, through: int, connection: Connection) -> None:
    await connection.execute(
        "UPDATE friendship_watchers SET acknowledged_position = $2 WHERE device = $1", device, through
    )
    await connection.execute(
        "DELETE FROM friendship_changes WHERE device = $1 AND level = $2 AND position <= $3",
        device,
        Level.NONE,
        through,
    )


def _columns(friends: Sequence[Friend]) -> tuple[list[str], list[int], list[int]]:
    """Device ids, contact ids and levels, each in the order of the friends."""
    return (
        [friend.device_id for friend in friends],
        [friend.contact_id for friend in friends],
        [int(friend.level) for friend in friends],
    )


def _friend(row: asyncpg.Record) -> Friend:
    return Friend(row["other_device_id"], row["contact_id"], Level(row["level"]))
