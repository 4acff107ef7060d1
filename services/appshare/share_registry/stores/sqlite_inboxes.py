"""Inboxes and what waits in them in SQLite.

Functions on a connection, each of several statements: run in one go (`Database.run`, `Transaction.run`).
"""

import json
import sqlite3
from collections.abc import Collection, Mapping

from appshare.share_registry.model import (
    InboxEvent,
    InboxGap,
    InboxLimits,
    InboxPage,
    Install,
    Key,
    Level,
    Push,
    SharesPushed,
)
from appshare.share_registry.stores.push_topic import push_topic
from appshare.share_registry.stores.sqlite_shares import pushed_shares

Content = tuple[int | None, str | None, int | None]
"""What an event has in the columns `push`, `package_name` and `version_code`."""

KeysByLevel = Mapping[Level, frozenset[Key]]


def page(
    device_id: str, keys: KeysByLevel, after: int, limit: int, share_limit: int, connection: sqlite3.Connection
) -> InboxPage:
    """The events behind a position, with those of their apps that the keys for the event's level open."""
    head, gap = _inbox(device_id, connection)
    events = [gap] if gap and gap.position > after else []
    through, shares = max([after, *(event.position for event in events)]), 0
    looked_at = len(events)
    rows = connection.execute(
        "SELECT position, create_time, inbox_events.sender_id, push, level, package_name, version_code, note,"
        " whole_list FROM inbox_events LEFT JOIN pushes USING (push)"
        " WHERE device_id = ? AND position > ? ORDER BY position LIMIT ?",
        (device_id, after, limit - looked_at),
    ).fetchall()
    for row in rows:
        content = _content(row, keys, connection)
        if isinstance(content, SharesPushed):
            if shares and shares + len(content.shares) > share_limit:
                return InboxPage(tuple(events), through, more=True, head=head)
            shares += len(content.shares)
        through = row["position"]
        if not isinstance(content, SharesPushed) or content.shares:
            events.append(InboxEvent(through, row["create_time"], content))
    return InboxPage(tuple(events), through, more=looked_at + len(rows) == limit, head=head)


def add_push(
    push_id: str,
    push: Push,
    recipients: Mapping[str, Level],
    now: float,
    limits: InboxLimits,
    connection: sqlite3.Connection,
) -> None:
    """Puts a push into inboxes, each at its next position, with the level for the recipient's device id."""
    number = connection.execute(
        "INSERT INTO pushes (push_id, sender_id, note, whole_list) VALUES (?, ?, ?, ?)",
        (push_id, push.sender_id, push.note, not push.package_names),
    ).lastrowid
    connection.executemany(
        "INSERT INTO push_apps (push, package_name) VALUES (?, ?)", [(number, name) for name in push.package_names]
    )
    topic = push_topic(push.package_names)
    _add(push.sender_id, topic, recipients, (number, None, None), now, limits, connection)


def add_install(
    owner_ids: Collection[str], install: Install, now: float, limits: InboxLimits, connection: sqlite3.Connection
) -> frozenset[str]:
    """Puts an install into the inboxes of the owners that were told of no such version; returns those."""
    rows = connection.execute(
        "INSERT INTO installs (device_id, package_name, viewer_id, version_code)"
        " SELECT value, ?, ?, ? FROM json_each(?) WHERE TRUE"
        " ON CONFLICT DO UPDATE SET version_code = excluded.version_code"
        " WHERE excluded.version_code > installs.version_code RETURNING device_id",
        (install.package_name, install.viewer_id, install.version_code, _array(owner_ids)),
    ).fetchall()
    recipients = {row["device_id"]: None for row in rows}
    content = (None, install.package_name, install.version_code)
    topic = f"install {install.package_name}"
    _add(install.viewer_id, topic, recipients, content, now, limits, connection)
    return frozenset(recipients)


def remove_events(device_id: str, through: int, connection: sqlite3.Connection) -> None:
    """Removes the events up to a position, and the gap when it is one of them."""
    connection.execute("DELETE FROM inbox_events WHERE device_id = ? AND position <= ?", (device_id, through))
    connection.execute(
        "UPDATE inboxes SET gap_position = 0, gap_count = 0 WHERE device_id = ? AND gap_position BETWEEN 1 AND ?",
        (device_id, through),
    )


def trim(device_ids: Collection[str], before: float, now: float, connection: sqlite3.Connection) -> None:
    """Puts a gap in the place of the oldest events, up to the first that is not from before a time.

    Whether an event is old is asked of it and of all that stand before it: a clock that was wrong for a while has given
    times that do not grow with the positions.
    """
    for device_id in device_ids:
        [first_kept] = connection.execute(
            "SELECT MIN(position) FROM inbox_events WHERE device_id = ? AND create_time >= ?", (device_id, before)
        ).fetchone()
        [newest_old] = connection.execute(
            "SELECT MAX(position) FROM inbox_events WHERE device_id = ? AND (?2 IS NULL OR position < ?2)",
            (device_id, first_kept),
        ).fetchone()
        if newest_old is not None:
            _replace_by_gap(device_id, newest_old, now, connection)


def _add(
    sender_id: str,
    topic: str,
    recipients: Mapping[str, Level | None],
    content: Content,
    now: float,
    limits: InboxLimits,
    connection: sqlite3.Connection,
) -> None:
    """Puts an event into inboxes, each at its next position, in the place of what it supersedes."""
    device_ids = _array(recipients)
    connection.execute(
        "DELETE FROM inbox_events WHERE sender_id = ? AND topic = ? AND device_id IN (SELECT value FROM json_each(?))",
        (sender_id, topic, device_ids),
    )
    positions = dict(
        connection.execute(
            "INSERT INTO inboxes (device_id, head) SELECT value, 1 FROM json_each(?) WHERE TRUE"
            " ON CONFLICT DO UPDATE SET head = head + 1 RETURNING device_id, head",
            (device_ids,),
        ).fetchall()
    )
    connection.executemany(
        "INSERT INTO inbox_events (device_id, position, create_time, sender_id, topic, level, push, package_name,"
        " version_code) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (device_id, positions[device_id], now, sender_id, topic, level, *content)
            for device_id, level in recipients.items()
        ],
    )
    _drop_oldest_of_sender(sender_id, device_ids, limits.per_sender, connection)
    _trim_to_count(device_ids, limits.events, now, connection)


def _drop_oldest_of_sender(sender_id: str, device_ids: str, at_most: int, connection: sqlite3.Connection) -> None:
    connection.execute(
        "DELETE FROM inbox_events WHERE (device_id, position) IN (SELECT device_id, position FROM"
        " (SELECT device_id, position, ROW_NUMBER() OVER (PARTITION BY device_id, push IS NULL ORDER BY position DESC)"
        " AS age FROM inbox_events WHERE sender_id = ? AND device_id IN (SELECT value FROM json_each(?)))"
        " WHERE age > ?)",
        (sender_id, device_ids, at_most),
    )


def _trim_to_count(device_ids: str, at_most: int, now: float, connection: sqlite3.Connection) -> None:
    rows = connection.execute(
        "SELECT value AS device_id, (SELECT position FROM inbox_events WHERE inbox_events.device_id = value"
        " ORDER BY position DESC LIMIT 1 OFFSET ?) AS through FROM json_each(?) WHERE through IS NOT NULL",
        (at_most, device_ids),
    ).fetchall()
    for row in rows:
        _replace_by_gap(row["device_id"], row["through"], now, connection)


def _replace_by_gap(device_id: str, through: int, now: float, connection: sqlite3.Connection) -> None:
    count = connection.execute(
        "DELETE FROM inbox_events WHERE device_id = ? AND position <= ?", (device_id, through)
    ).rowcount
    connection.execute(
        "UPDATE inboxes SET gap_position = ?, gap_count = gap_count + ?, gap_time = ? WHERE device_id = ?",
        (through, count, now, device_id),
    )


def _inbox(device_id: str, connection: sqlite3.Connection) -> tuple[int, InboxEvent | None]:
    """The head of an inbox, and the gap in it."""
    row = connection.execute(
        "SELECT head, gap_position, gap_count, gap_time FROM inboxes WHERE device_id = ?", (device_id,)
    ).fetchone()
    if row is None:
        return 0, None
    gap = InboxEvent(row["gap_position"], row["gap_time"], InboxGap(row["gap_count"])) if row["gap_position"] else None
    return row["head"], gap


def _content(row: sqlite3.Row, keys: KeysByLevel, connection: sqlite3.Connection) -> SharesPushed | Install:
    sender_id = row["sender_id"]
    if row["push"] is None:
        return Install(sender_id, row["package_name"], row["version_code"])
    held = keys.get(Level(row["level"]), frozenset())
    shares = pushed_shares(sender_id, row["push"], held, connection, whole_list=bool(row["whole_list"]))
    return SharesPushed(sender_id, row["note"], shares)


def _array(values: Collection[str]) -> str:
    return json.dumps(list(values))
