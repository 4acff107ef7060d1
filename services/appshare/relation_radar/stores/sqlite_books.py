"""Contact books in SQLite, and the way back from a number to the books that hold it.

Functions on a connection, each of several statements: run in one go (`Database.run`, `Transaction.run`).
"""

import json
import sqlite3
from array import array
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from itertools import chain

from appshare import errors
from appshare.relation_radar.model import Device, NumberKey, PackedContacts

DEVICE = "devices.device, devices.device_id, devices.number_key, devices.region, devices.book_version"

_LARGEST_POSTING = 512
"""Holders of a number that are kept in one blob, which every change writes anew; more are kept in rows."""


def read_books(devices: Collection[int], connection: sqlite3.Connection) -> dict[int, PackedContacts]:
    """The books of devices that have one, by key."""
    rows = connection.execute(
        "SELECT device, numbers, contact_ids FROM books WHERE device IN (SELECT value FROM json_each(?))",
        (json.dumps(list(devices)),),
    )
    return {device: _unpack(numbers, contact_ids) for device, numbers, contact_ids in rows}


def replace_book(
    device: Device, book: PackedContacts, max_contacts: int, connection: sqlite3.Connection
) -> tuple[int, int]:
    """Stores a whole book; returns its new version and its number of contacts."""
    version, replaced = _stored_book(device.key, connection)
    return _store_book(device.key, version + 1, replaced, book, max_contacts, connection)


def change_book(
    device: Device,
    base_version: int,
    dropped_contact_ids: Collection[int],
    added: Iterable[tuple[NumberKey, int]],
    max_contacts: int,
    connection: sqlite3.Connection,
) -> tuple[int, int]:
    """Drops contacts, then adds pairs of a number and a contact; returns as `replace_book` does."""
    version, changed = _stored_book(device.key, connection)
    if version != base_version:
        raise errors.AbortedError(
            errors.Reason.STALE_BOOK_VERSION,
            f"the book is at version {version}, the change is for version {base_version}: sync in full",
            metadata={"current_version": str(version)},
        )
    kept = (pair for pair in changed.pairs() if pair[1] not in dropped_contact_ids)
    book = PackedContacts.pack(chain(kept, added))
    return _store_book(device.key, version + 1, changed, book, max_contacts, connection)


def remove_book(device: int, connection: sqlite3.Connection) -> int:
    """Removes a device's book; returns the number of contacts that it had."""
    _, removed = _stored_book(device, connection)
    _remove_holder(device, sorted(set(removed.numbers)), connection)
    connection.execute("DELETE FROM books WHERE device = ?", (device,))
    return len(set(removed.contact_ids))


def devices_listing(device: Device, at_most: int, connection: sqlite3.Connection) -> list[Device]:
    """Other devices that list the device's number, `at_most` of them, those first that it lists too."""
    listed = _listed(device, connection)
    listing = _holders(device.number_key, listed, at_most, connection)
    rows = connection.execute(
        f"SELECT {DEVICE} FROM devices WHERE device IN"
        " (SELECT value FROM json_each(?) UNION SELECT device FROM devices WHERE number_key = ?) AND device <> ?",
        (json.dumps(list(listing)), device.number_key, device.key),
    )
    found = [Device(*row) for row in rows]
    found.sort(key=lambda other: (other.number_key not in listed, other.device_id))
    return found[:at_most]


def devices_sharing(
    device: Device, at_least: int, hub_limit: int, at_most: int, connection: sqlite3.Connection
) -> list[Device]:
    """Other devices that list `at_least` numbers that the device lists too, those first that list each other."""
    listed = _listed(device, connection)
    sharing = _sharing(listed, at_least, hub_limit, connection)
    listing = _holders(device.number_key, listed, at_most, connection)
    rows = connection.execute(
        f"SELECT {DEVICE} FROM devices WHERE device IN (SELECT value FROM json_each(?)) AND device <> ?"
        " ORDER BY number_key IN (SELECT value FROM json_each(?))"
        " AND (number_key = ? OR device IN (SELECT value FROM json_each(?))) DESC, device_id LIMIT ?",
        (
            json.dumps(sharing),
            device.key,
            json.dumps(list(listed)),
            device.number_key,
            json.dumps(list(listing)),
            at_most,
        ),
    )
    return [Device(*row) for row in rows]


def _stored_book(device: int, connection: sqlite3.Connection) -> tuple[int, PackedContacts]:
    """The version and the contacts of a book."""
    query = "SELECT book_version, numbers, contact_ids FROM devices LEFT JOIN books USING (device) WHERE device = ?"
    version, numbers, contact_ids = connection.execute(query, (device,)).fetchone() or (0, None, None)
    return version, _unpack(numbers or b"", contact_ids or b"")


def _store_book(
    device: int,
    version: int,
    replaced: PackedContacts,
    book: PackedContacts,
    max_contacts: int,
    connection: sqlite3.Connection,
) -> tuple[int, int]:
    contacts = len(set(book.contact_ids))
    if contacts > max_contacts:
        raise errors.ResourceExhaustedError(
            errors.Reason.LIMIT_EXCEEDED, f"a contact book holds at most {max_contacts} contacts"
        )
    connection.execute(
        "INSERT OR REPLACE INTO books (device, numbers, contact_ids) VALUES (?, ?, ?)",
        (device, book.numbers.tobytes(), book.contact_ids.tobytes()),
    )
    connection.execute("UPDATE devices SET book_version = ? WHERE device = ?", (version, device))
    before, after = set(replaced.numbers), set(book.numbers)
    # Sorted, they come page by page.
    _add_holder(device, sorted(after - before), connection)
    _remove_holder(device, sorted(before - after), connection)
    return version, contacts


def _add_holder(device: int, numbers: Sequence[NumberKey], connection: sqlite3.Connection) -> None:
    """Adds a device to the postings of numbers that have come into its book."""
    postings = connection.execute(
        "INSERT INTO postings (number_key, holder_count, holders) SELECT value, 1, ?2 FROM json_each(?1) WHERE TRUE"
        # To SQLite, blobs in a row are a text. NULL stays NULL.
        " ON CONFLICT DO UPDATE SET holder_count = holder_count + 1, holders = CAST(holders || ?2 AS BLOB)"
        " RETURNING number_key, holder_count, holders IS NULL",
        (json.dumps(numbers), array("I", [device]).tobytes()),
    )
    large = [(number, in_rows) for number, count, in_rows in postings if in_rows or count > _LARGEST_POSTING]
    for number, in_rows in large:
        if in_rows:
            _insert_rows(number, [device], connection)
        else:
            _move_to_rows(number, connection)


def _move_to_rows(number: NumberKey, connection: sqlite3.Connection) -> None:
    """Puts the holders of a number into rows, in which they stay."""
    [(holders,)] = connection.execute("SELECT holders FROM postings WHERE number_key = ?", (number,))
    _insert_rows(number, array("I", holders), connection)
    connection.execute("UPDATE postings SET holders = NULL WHERE number_key = ?", (number,))


def _insert_rows(number: NumberKey, devices: Iterable[int], connection: sqlite3.Connection) -> None:
    connection.executemany(
        "INSERT INTO posting_rows (number_key, device) VALUES (?, ?)", [(number, device) for device in devices]
    )


def _remove_holder(device: int, numbers: Sequence[NumberKey], connection: sqlite3.Connection) -> None:
    """Removes a device from the postings of numbers that are not in its book any more."""
    for number in numbers:
        query = "SELECT holder_count, holders FROM postings WHERE number_key = ?"
        [(count, holders)] = connection.execute(query, (number,))
        if holders is None:
            connection.execute("DELETE FROM posting_rows WHERE number_key = ? AND device = ?", (number, device))
        else:
            holders = _without(holders, device)
        if count > 1:
            change = "UPDATE postings SET holder_count = holder_count - 1, holders = ? WHERE number_key = ?"
            connection.execute(change, (holders, number))
        else:
            connection.execute("DELETE FROM postings WHERE number_key = ?", (number,))


def _without(holders: bytes, device: int) -> bytes:
    left = array("I", holders)
    left.remove(device)
    return left.tobytes()


def _listed(device: Device, connection: sqlite3.Connection) -> set[NumberKey]:
    """The numbers that a device lists, its own with them."""
    _, book = _stored_book(device.key, connection)
    return {*book.numbers, device.number_key}


def _holders(
    number: NumberKey, listed: Collection[NumberKey], at_most: int, connection: sqlite3.Connection
) -> Collection[int]:
    """The devices whose books hold a number; of very many, those with a number that is `listed`, and some others."""
    posting = connection.execute("SELECT holders FROM postings WHERE number_key = ?", (number,)).fetchone()
    if posting is None:
        return ()
    [holders] = posting
    if holders is not None:
        return array("I", holders)
    rows = connection.execute(
        "SELECT device FROM posting_rows WHERE number_key = ?1"
        " AND device IN (SELECT device FROM devices WHERE number_key IN (SELECT value FROM json_each(?2)))"
        " UNION SELECT device FROM (SELECT device FROM posting_rows WHERE number_key = ?1 LIMIT ?3)",
        (number, json.dumps(list(listed)), at_most + 1),
    )
    return [device for (device,) in rows]


def _sharing(listed: Collection[NumberKey], at_least: int, hub_limit: int, connection: sqlite3.Connection) -> list[int]:
    """The devices that list `at_least` of the listed numbers; their own number is one of theirs."""
    holders: dict[NumberKey, set[int]] = {number: set() for number in listed}
    postings = connection.execute(
        "SELECT number_key, holder_count, holders FROM postings WHERE number_key IN (SELECT value FROM json_each(?))",
        (json.dumps(list(listed)),),
    )
    for number, count, packed in postings.fetchall():
        if count > hub_limit:
            del holders[number]
        elif packed is None:
            rows = connection.execute("SELECT device FROM posting_rows WHERE number_key = ?", (number,))
            holders[number].update(device for (device,) in rows)
        else:
            holders[number].update(array("I", packed))
    owners = connection.execute(
        "SELECT number_key, device FROM devices WHERE number_key IN (SELECT value FROM json_each(?))",
        (json.dumps(list(holders)),),
    )
    for number, device in owners:
        holders[number].add(device)
    counts = Counter(chain.from_iterable(holders.values()))
    return [device for device, count in counts.items() if count >= at_least]


def _unpack(numbers: bytes, contact_ids: bytes) -> PackedContacts:
    narrow = len(contact_ids) * 4 == len(numbers)
    return PackedContacts(array("q", numbers), array("H" if narrow else "I", contact_ids))
