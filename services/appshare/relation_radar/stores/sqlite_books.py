"""Contact books in SQLite, and who is found by them.

Functions on a connection, each of several statements: run in one go (`Database.run`, `Database.change`).
"""

import json
import sqlite3
from array import array
from collections import Counter
from collections.abc import Collection, Iterable
from itertools import chain

from appshare import errors
from appshare.relation_radar.model import Device, NumberKey, PackedContacts
from appshare.relation_radar.refusals import too_many_contacts
from appshare.relation_radar.stores.sqlite_postings import Postings

DEVICE = "devices.device, devices.device_id, devices.number_key, devices.region, devices.book_version"

EMPTY = PackedContacts.pack([])


class BookTables:
    """The books of one generation of numbers and the way back to them: functions on a connection.

    Args:
        suffix: of the names of the tables.
    """

    def __init__(self, suffix: str = "") -> None:
        self._books = f"books{suffix}"
        self.postings = Postings(suffix)

    def read(self, devices: Collection[int], connection: sqlite3.Connection) -> dict[int, PackedContacts]:
        """The books of devices that have one, by key."""
        rows = connection.execute(
            f"SELECT device, numbers, contact_ids FROM {self._books} WHERE device IN (SELECT value FROM json_each(?))",
            (json.dumps(list(devices)),),
        )
        return {device: _unpack(numbers, contact_ids) for device, numbers, contact_ids in rows}

    def numbers(self, device: int, connection: sqlite3.Connection) -> set[NumberKey]:
        """The numbers of a device's book; none when there is no book."""
        query = f"SELECT numbers FROM {self._books} WHERE device = ?"
        [numbers] = connection.execute(query, (device,)).fetchone() or (b"",)
        return set(array("q", numbers))

    def store(self, device: int, book: PackedContacts, turn: int, connection: sqlite3.Connection) -> None:
        """Stores a book in place of the one that there is.

        Args:
            turn: as `Postings.add` takes it.
        """
        before, after = self.numbers(device, connection), set(book.numbers)
        connection.execute(
            f"INSERT OR REPLACE INTO {self._books} (device, numbers, contact_ids) VALUES (?, ?, ?)",
            (device, book.numbers.tobytes(), book.contact_ids.tobytes()),
        )
        self.postings.add(device, sorted(after - before), turn, connection)
        self.postings.remove(device, sorted(before - after), connection)

    def remove(self, device: int, connection: sqlite3.Connection) -> None:
        """Removes a device's book, if there is one."""
        self.postings.remove(device, sorted(self.numbers(device, connection)), connection)
        connection.execute(f"DELETE FROM {self._books} WHERE device = ?", (device,))


CURRENT = BookTables()
NEXT = BookTables("_next")
"""Under the next key of the numbers, while they are put under it."""


def find_device(device_id: str, connection: sqlite3.Connection) -> Device | None:
    """The device with the id."""
    row = connection.execute(f"SELECT {DEVICE} FROM devices WHERE device_id = ?", (device_id,)).fetchone()
    return Device(*row) if row else None


def devices_with_ids(device_ids: Collection[str], connection: sqlite3.Connection) -> list[Device]:
    """The devices with the ids, by device id."""
    rows = connection.execute(
        f"SELECT {DEVICE} FROM devices WHERE device_id IN (SELECT value FROM json_each(?)) ORDER BY device_id",
        (json.dumps(list(device_ids)),),
    )
    return [Device(*row) for row in rows]


def replace_book(
    device: Device, book: PackedContacts, max_contacts: int, connection: sqlite3.Connection
) -> tuple[int, int]:
    """Stores a whole book; returns its new version and its number of contacts."""
    return _store_book(device.key, _version(device.key, connection) + 1, book, max_contacts, connection)


def change_book(
    device: Device,
    base_version: int,
    dropped_contact_ids: Collection[int],
    added: Iterable[tuple[NumberKey, int]],
    max_contacts: int,
    connection: sqlite3.Connection,
) -> tuple[int, int]:
    """Drops contacts, then adds pairs of a number and a contact; returns as `replace_book` does."""
    version = _version(device.key, connection)
    if version != base_version:
        raise errors.AbortedError(
            errors.Reason.STALE_BOOK_VERSION,
            f"the book is at version {version}, the change is for version {base_version}: sync in full",
            metadata={"current_version": str(version)},
        )
    kept = (pair for pair in _book(device.key, connection).pairs() if pair[1] not in dropped_contact_ids)
    book = PackedContacts.pack(chain(kept, added))
    return _store_book(device.key, version + 1, book, max_contacts, connection)


def remove_book(device: int, connection: sqlite3.Connection) -> int:
    """Removes a device's book; returns the number of contacts that it had."""
    contacts = len(set(_book(device, connection).contact_ids))
    CURRENT.remove(device, connection)
    NEXT.remove(device, connection)
    return contacts


def size_of_listing(device: Device, connection: sqlite3.Connection) -> int:
    """How many numbers and devices `devices_listing` goes through. The length of a blob is known without it."""
    query = "SELECT ifnull((SELECT length(numbers) FROM books WHERE device = ?), 0)"
    [numbers] = connection.execute(query, (device.key,)).fetchone()
    return int(numbers) // array("q").itemsize + CURRENT.postings.count_holders(device.number_key, connection)


def devices_listing(device: Device, at_most: int, connection: sqlite3.Connection) -> list[Device]:
    """Other devices that list the device's number, `at_most` of them, those first that it lists too."""
    listed = _listed(device, connection)
    own = connection.execute("SELECT device FROM devices WHERE number_key = ?", (device.number_key,))
    listing = {*_listing(device, listed, at_most, connection), *(key for (key,) in own)} - {device.key}
    cursor = connection.cursor()
    cursor.row_factory = None  # tuples, which hundreds of devices are made of sooner
    cursor.execute(
        f"SELECT {DEVICE} FROM devices WHERE device IN (SELECT value FROM json_each(?))", (json.dumps([*listing]),)
    )
    found = list(map(Device._make, cursor))
    found.sort(key=lambda other: (other.number_key not in listed, other.device_id))
    return found[:at_most]


def devices_sharing(
    device: Device, at_least: int, hub_limit: int, at_most: int, connection: sqlite3.Connection
) -> list[Device]:
    """Other devices that list `at_least` numbers that the device lists too, those first that list each other."""
    listed = _listed(device, connection)
    rows = connection.execute(
        f"SELECT {DEVICE} FROM devices WHERE device IN (SELECT value FROM json_each(?)) AND device <> ?"
        " ORDER BY number_key IN (SELECT value FROM json_each(?))"
        " AND (number_key = ? OR device IN (SELECT value FROM json_each(?))) DESC, device_id LIMIT ?",
        (
            json.dumps(_sharing(listed, at_least, hub_limit, connection)),
            device.key,
            json.dumps(list(listed)),
            device.number_key,
            json.dumps(_listing(device, listed, at_most, connection)),
            at_most,
        ),
    )
    return [Device(*row) for row in rows]


def _version(device: int, connection: sqlite3.Connection) -> int:
    row = connection.execute("SELECT book_version FROM devices WHERE device = ?", (device,)).fetchone()
    return int(row[0]) if row else 0


def _book(device: int, connection: sqlite3.Connection) -> PackedContacts:
    return CURRENT.read([device], connection).get(device, EMPTY)


def _store_book(
    device: int, version: int, book: PackedContacts, max_contacts: int, connection: sqlite3.Connection
) -> tuple[int, int]:
    contacts = len(set(book.contact_ids))
    if contacts > max_contacts:
        raise too_many_contacts(max_contacts)
    # The versions of one device and the keys of many go through all turns.
    CURRENT.store(device, book, device + version, connection)
    connection.execute(
        "INSERT OR IGNORE INTO books_to_copy SELECT ? FROM number_key_state WHERE phase = 'copying'", (device,)
    )
    connection.execute("UPDATE devices SET book_version = ? WHERE device = ?", (version, device))
    return version, contacts


def _listed(device: Device, connection: sqlite3.Connection) -> set[NumberKey]:
    """The numbers that a device lists, its own with them."""
    return {*CURRENT.numbers(device.key, connection), device.number_key}


def _listing(device: Device, listed: Collection[NumberKey], at_most: int, connection: sqlite3.Connection) -> list[int]:
    """The devices that list a device; of very many, those with a number that is `listed`, and some others."""
    holders = array("I")
    for packed in CURRENT.postings.holders_of(device.number_key, connection):
        holders.frombytes(packed)
    if len(holders) <= at_most:
        return holders.tolist()
    query = "SELECT device FROM devices WHERE number_key IN (SELECT value FROM json_each(?))"
    listed_devices = {key for (key,) in connection.execute(query, (json.dumps(list(listed)),))}
    return [*listed_devices.intersection(holders), *holders[: at_most + 1]]


def _sharing(listed: Collection[NumberKey], at_least: int, hub_limit: int, connection: sqlite3.Connection) -> list[int]:
    """The devices that list `at_least` of the listed numbers; their own number is one of theirs."""
    telling = set(listed) - CURRENT.postings.hubs(listed, hub_limit, connection)
    holders: dict[NumberKey, set[int]] = {number: set() for number in telling}
    for number, packed in CURRENT.postings.holders(telling, connection):
        holders[number].update(array("I", packed))
    owners = connection.execute(
        "SELECT number_key, device FROM devices WHERE number_key IN (SELECT value FROM json_each(?))",
        (json.dumps(list(telling)),),
    )
    for number, device in owners:
        holders[number].add(device)
    counts = Counter(chain.from_iterable(holders.values()))
    return [device for device, count in counts.items() if count >= at_least]


def _unpack(numbers: bytes, contact_ids: bytes) -> PackedContacts:
    narrow = len(contact_ids) * 4 == len(numbers)
    return PackedContacts(array("q", numbers), array("H" if narrow else "I", contact_ids))
