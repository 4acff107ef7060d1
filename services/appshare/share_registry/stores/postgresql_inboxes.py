"""Inboxes and what waits in them in PostgreSQL.

Whoever changes the events of an inbox holds its row. What removes events returns their pushes, which the end of the
transaction removes when no inbox has them any more.
"""

from collections.abc import Collection, Mapping, Sequence

import asyncpg

from appshare.postgresql.database import Connection
from appshare.share_registry.model import (
    InboxEvent,
    InboxGap,
    InboxLimits,
    InboxPage,
    Install,
    Key,
    Level,
    Push,
    Share,
    SharesPushed,
)
from appshare.share_registry.stores.postgresql_locks import lock_inboxes
from appshare.share_registry.stores.postgresql_shares import APP, app_of
from appshare.share_registry.stores.push_topic import push_topic

Content = tuple[int | None, str | None, int | None]
"""What an event has in the columns `push`, `package_name` and `version_code`."""

KeysByLevel = Mapping[Level, frozenset[Key]]

# Removes the events of the inboxes up to the positions that a query `oldest (device_id, through)` before it says, and
# puts a gap in their place; $1 is the time. Returns the pushes of the events.
_REPLACE_BY_GAP = (
    " gone AS (DELETE FROM inbox_events AS event USING oldest WHERE event.device_id = oldest.device_id"
    " AND event.position <= oldest.through RETURNING event.device_id, event.position, event.push),"
    " counted AS (SELECT device_id, max(position) AS through, count(*) AS events FROM gone GROUP BY device_id),"
    " replaced AS (UPDATE inboxes SET gap_position = through, gap_count = gap_count + events, gap_time = $1"
    " FROM counted WHERE inboxes.device_id = counted.device_id)"
    " SELECT DISTINCT push FROM gone WHERE push IS NOT NULL"
)


async def page(
    device_id: str, keys: KeysByLevel, after: int, limit: int, share_limit: int, connection: Connection
) -> InboxPage:
    """The events behind a position, with those of their apps that the keys for the event's level open."""
    head, gap = await _inbox(device_id, connection)
    events = [gap] if gap and gap.position > after else []
    through = max([after, *(event.position for event in events)])
    looked_at = len(events)
    rows = await connection.fetch(
        "SELECT position, create_time, inbox_events.sender_id, push, package_name, version_code, note"
        " FROM inbox_events LEFT JOIN pushes USING (push)"
        " WHERE device_id = $1 AND position > $2 ORDER BY position LIMIT $3",
        *(device_id, after, limit - looked_at),
    )
    pushes = [row["position"] for row in rows if row["push"] is not None]
    shares, first_left_out = await _pushed_shares(device_id, pushes, keys, share_limit, connection)
    for row in rows:
        if row["position"] == first_left_out:
            return InboxPage(tuple(events), through, more=True, head=head)
        through = row["position"]
        content = _content(row, shares.get(through, []))
        if not isinstance(content, SharesPushed) or content.shares:
            events.append(InboxEvent(through, row["create_time"], content))
    return InboxPage(tuple(events), through, more=looked_at + len(rows) == limit, head=head)


async def add_push(
    push_id: str,
    push: Push,
    recipients: Mapping[str, Level],
    now: float,
    limits: InboxLimits,
    connection: Connection,
) -> set[int]:
    """Puts a push into inboxes, each at its next position, with the level for the recipient's device id."""
    number = await connection.fetchval(
        "INSERT INTO pushes (push_id, sender_id, note, package_names) VALUES ($1, $2, $3, $4) RETURNING push",
        *(push_id, push.sender_id, push.note, sorted(push.package_names) or None),
    )
    topic = push_topic(push.package_names)
    return await _add(push.sender_id, topic, recipients, (number, None, None), now, limits, connection)


async def add_install(
    owner_ids: Collection[str], install: Install, now: float, limits: InboxLimits, connection: Connection
) -> tuple[frozenset[str], set[int]]:
    """Puts an install into the inboxes of the owners that were told of no such version; returns those."""
    rows = await connection.fetch(
        "INSERT INTO installs (device_id, package_name, viewer_id, version_code)"
        # An owner may be removing the app: its row is held, and one that has gone is passed over.
        " SELECT device_id, package_name, $3, $4 FROM (SELECT device_id, package_name FROM apps"
        " WHERE device_id = ANY($1::text[]) AND package_name = $2 ORDER BY device_id FOR KEY SHARE) AS present"
        " ON CONFLICT (device_id, package_name, viewer_id) DO UPDATE SET version_code = excluded.version_code"
        " WHERE excluded.version_code > installs.version_code RETURNING device_id",
        *(list(owner_ids), install.package_name, install.viewer_id, install.version_code),
    )
    recipients = {row["device_id"]: None for row in rows}
    content = (None, install.package_name, install.version_code)
    topic = f"install {install.package_name}"
    pushes = await _add(install.viewer_id, topic, recipients, content, now, limits, connection)
    return frozenset(recipients), pushes


async def locked_head(device_id: str, connection: Connection) -> int:
    """The position of the newest event that an inbox has ever had; it stays that until the transaction ends."""
    return await connection.fetchval("SELECT head FROM inboxes WHERE device_id = $1 FOR UPDATE", device_id) or 0


async def remove_events(device_id: str, through: int, connection: Connection) -> set[int]:
    """Removes the events up to a position, and the gap when it is one of them."""
    await lock_inboxes([device_id], connection)
    rows = await connection.fetch(
        "WITH gap AS (UPDATE inboxes SET gap_position = 0, gap_count = 0"
        " WHERE device_id = $1 AND gap_position BETWEEN 1 AND $2)"
        " DELETE FROM inbox_events WHERE device_id = $1 AND position <= $2 RETURNING push",
        *(device_id, through),
    )
    return _pushes(rows)


async def remove_push(sender_id: str, push_id: str, connection: Connection) -> set[int]:
    """Removes a push of the sender from all inboxes."""
    push = await connection.fetchval(
        "SELECT push FROM pushes WHERE push_id = $1 AND sender_id = $2", push_id, sender_id
    )
    if push is None:
        return set()
    await connection.execute(
        "SELECT FROM inboxes WHERE device_id IN (SELECT device_id FROM inbox_events WHERE push = $1)"
        " ORDER BY device_id FOR UPDATE",
        push,
    )
    return _pushes(await connection.fetch("DELETE FROM inbox_events WHERE push = $1 RETURNING push", push))


async def trim(device_ids: Collection[str], before: float, now: float, connection: Connection) -> set[int]:
    """Puts a gap in the place of the oldest events, up to the first that is not from before a time.

    Whether an event is old is asked of it and of all that stand before it: a clock that was wrong for a while has given
    times that do not grow with the positions.
    """
    await lock_inboxes(device_ids, connection)
    rows = await connection.fetch(
        "WITH oldest AS (SELECT device_id, coalesce((SELECT min(position) FROM inbox_events AS event"
        " WHERE event.device_id = inboxes.device_id AND create_time >= $3) - 1, head) AS through"
        f" FROM inboxes WHERE device_id = ANY($2::text[])),{_REPLACE_BY_GAP}",
        *(now, list(device_ids), before),
    )
    return _pushes(rows)


async def drop_unreferenced(pushes: Collection[int], connection: Connection) -> None:
    """Removes those of the pushes that no inbox has any more.

    Each is locked before it is asked: of two that remove the last two events at the same time, one removes the push.
    """
    if not pushes:
        return
    await connection.execute("SELECT FROM pushes WHERE push = ANY($1::bigint[]) ORDER BY push FOR UPDATE", list(pushes))
    await connection.execute(
        "DELETE FROM pushes WHERE push = ANY($1::bigint[])"
        " AND NOT EXISTS (SELECT FROM inbox_events WHERE inbox_events.push = pushes.push)",
        list(pushes),
    )


async def _add(
    sender_id: str,
    topic: str,
    recipients: Mapping[str, Level | None],
    content: Content,
    now: float,
    limits: InboxLimits,
    connection: Connection,
) -> set[int]:
    """Puts an event into inboxes, each at its next position, in the place of what it supersedes."""
    device_ids = sorted(recipients)
    superseded = await _remove_topic(sender_id, topic, device_ids, connection)
    await connection.execute(
        "WITH next AS (UPDATE inboxes SET head = head + 1 WHERE device_id = ANY($1::text[]) RETURNING device_id, head)"
        " INSERT INTO inbox_events (device_id, position, create_time, sender_id, topic, level, push, package_name,"
        " version_code) SELECT device_id, head, $3, $4, $5, level, $6, $7, $8"
        " FROM next JOIN unnest($1::text[], $2::smallint[]) AS recipients (device_id, level) USING (device_id)",
        *(device_ids, [recipients[each] for each in device_ids], now, sender_id, topic, *content),
    )
    too_many = await connection.fetch(
        "DELETE FROM inbox_events USING (SELECT device_id, position,"
        " row_number() OVER (PARTITION BY device_id, push IS NULL ORDER BY position DESC) AS age"
        " FROM inbox_events WHERE sender_id = $1 AND device_id = ANY($2::text[])) AS ranked"
        " WHERE ranked.age > $3 AND inbox_events.device_id = ranked.device_id"
        " AND inbox_events.position = ranked.position RETURNING push",
        *(sender_id, device_ids, limits.per_sender),
    )
    oldest = await connection.fetch(
        # Between the first position and the head there is room for all events: only where that is too much they count.
        "WITH long AS MATERIALIZED (SELECT device_id FROM inboxes WHERE device_id = ANY($2::text[]) AND head - $3 >="
        " (SELECT min(position) FROM inbox_events AS event WHERE event.device_id = inboxes.device_id)),"
        " oldest AS (SELECT device_id, (SELECT position FROM inbox_events AS event"
        " WHERE event.device_id = long.device_id ORDER BY position DESC LIMIT 1 OFFSET $3) AS through"
        f" FROM long),{_REPLACE_BY_GAP}",
        *(now, device_ids, limits.events),
    )
    return superseded | _pushes(too_many) | _pushes(oldest)


async def _remove_topic(sender_id: str, topic: str, device_ids: Sequence[str], connection: Connection) -> set[int]:
    """Removes what an event supersedes, from inboxes that are there and locked then."""
    await connection.execute(
        # Also one that is there is locked, in the order of the ids.
        "INSERT INTO inboxes (device_id, head) SELECT device_id, 0 FROM unnest($1::text[]) AS device_id"
        " ORDER BY device_id ON CONFLICT (device_id) DO UPDATE SET head = inboxes.head WHERE FALSE",
        device_ids,
    )
    rows = await connection.fetch(
        "DELETE FROM inbox_events WHERE sender_id = $1 AND topic = $2 AND device_id = ANY($3::text[]) RETURNING push",
        *(sender_id, topic, device_ids),
    )
    return _pushes(rows)


async def _inbox(device_id: str, connection: Connection) -> tuple[int, InboxEvent | None]:
    """The head of an inbox, and the gap in it."""
    row = await connection.fetchrow(
        "SELECT head, gap_position, gap_count, gap_time FROM inboxes WHERE device_id = $1", device_id
    )
    if row is None:
        return 0, None
    gap = InboxEvent(row["gap_position"], row["gap_time"], InboxGap(row["gap_count"])) if row["gap_position"] else None
    return row["head"], gap


async def _pushed_shares(
    device_id: str, positions: Sequence[int], keys: KeysByLevel, at_most: int, connection: Connection
) -> tuple[Mapping[int, list[Share]], int | None]:
    """What the keys open of pushes, and the position of the first for which there is no more room.

    The first push that has any shares is whole, however many they are.
    """
    rows = await _read_shares(device_id, positions, keys, at_most + 1, connection)
    if len(rows) <= at_most:
        return _by_position(rows), None
    cut = rows[-1]["position"]  # there may be more shares of it
    if cut != rows[0]["position"]:
        return _by_position([row for row in rows if row["position"] != cut]), cut
    whole = _by_position(await _read_shares(device_id, [cut], keys, None, connection))
    behind = [position for position in positions if position > cut]
    rest = await _read_shares(device_id, behind, keys, 1, connection)
    return whole, rest[0]["position"] if rest else None


async def _read_shares(
    device_id: str, positions: Sequence[int], keys: KeysByLevel, at_most: int | None, connection: Connection
) -> list[asyncpg.Record]:
    """What the keys open of pushes, by position and package name."""
    pairs = [(level, key) for level, held in keys.items() for key in held]
    return await connection.fetch(
        f"SELECT DISTINCT ON (position, apps.package_name) position, inbox_events.sender_id, {APP}"
        " FROM inbox_events JOIN pushes USING (push)"
        " JOIN unnest($3::smallint[], $4::text[]) AS held (level, key) USING (level)"
        " JOIN app_keys ON app_keys.device_id = inbox_events.sender_id AND app_keys.key = held.key"
        " AND (pushes.package_names IS NULL OR app_keys.package_name = ANY(pushes.package_names))"
        " JOIN apps ON apps.device_id = app_keys.device_id AND apps.package_name = app_keys.package_name"
        " WHERE inbox_events.device_id = $1 AND position = ANY($2::bigint[])"
        " ORDER BY position, apps.package_name LIMIT $5",
        *(device_id, positions, [level for level, _key in pairs], [key for _level, key in pairs], at_most),
    )


def _by_position(rows: Sequence[asyncpg.Record]) -> dict[int, list[Share]]:
    shares: dict[int, list[Share]] = {}
    for row in rows:
        shares.setdefault(row["position"], []).append(Share(row["sender_id"], app_of(row)))
    return shares


def _content(row: asyncpg.Record, shares: Sequence[Share]) -> SharesPushed | Install:
    if row["push"] is None:
        return Install(row["sender_id"], row["package_name"], row["version_code"])
    return SharesPushed(row["sender_id"], row["note"], tuple(shares))


def _pushes(rows: Sequence[asyncpg.Record]) -> set[int]:
    return {row["push"] for row in rows if row["push"] is not None}
