"""How many numbers have come into the books of a person's devices, in SQLite."""

import sqlite3
from collections.abc import Callable

from appshare.relation_radar.model import ContactQuota, Device, NumberKey
from appshare.relation_radar.refusals import device_not_registered, too_many_new_contacts
from appshare.relation_radar.stores import sqlite_books

_DAY = 24 * 3600.0

BookChange = Callable[[sqlite3.Connection], tuple[int, int]]


def within_quota(
    device: Device, quota: ContactQuota | None, change: BookChange, connection: sqlite3.Connection
) -> tuple[int, int]:
    """Changes a device's book and counts the numbers that have come into it; what it raises undoes the transaction."""
    owner = connection.execute("SELECT number_key FROM devices WHERE device = ?", (device.key,)).fetchone()
    if owner is None:
        raise device_not_registered()
    before = _numbers(device, connection)
    changed = change(connection)
    if quota is not None:
        _count(owner["number_key"], len(_numbers(device, connection) - before), quota, connection)
    return changed


def _numbers(device: Device, connection: sqlite3.Connection) -> set[NumberKey]:
    book = sqlite_books.CURRENT.read([device.key], connection).get(device.key)
    return set(book.numbers) if book else set()


def _count(person: NumberKey, arrived: int, quota: ContactQuota, connection: sqlite3.Connection) -> None:
    """Counts numbers for a day that begins with the first of them."""
    if not arrived:
        return
    if arrived > quota.new_contacts:
        raise too_many_new_contacts(quota.new_contacts, None)
    query = "SELECT since_time, count FROM new_contacts WHERE number_key = ?"
    since, count = connection.execute(query, (person,)).fetchone() or (quota.now, 0)
    if not 0 <= quota.now - since < _DAY:  # a time to come is what a clock has left that was set back
        since, count = quota.now, 0
    if count + arrived > quota.new_contacts:
        raise too_many_new_contacts(quota.new_contacts, since + _DAY - quota.now)
    connection.execute(
        "INSERT OR REPLACE INTO new_contacts (number_key, since_time, count) VALUES (?, ?, ?)",
        (person, since, count + arrived),
    )
