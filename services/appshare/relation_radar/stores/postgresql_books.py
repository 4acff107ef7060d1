"""Contact books in PostgreSQL: how they are stored, and changed.

What a book changes is protected by its device's row, which is changed first.
"""

import sys
from array import array
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from itertools import chain

import asyncpg

from appshare import errors
from appshare.postgresql.database import Connection
from appshare.relation_radar.model import NumberKey, PackedContacts
from appshare.relation_radar.refusals import device_not_registered, too_many_contacts

EMPTY = PackedContacts.pack([])

# The index gives the devices of a number in this order: no more of a hub's postings are read than tell that it is one.
IS_HUB = "EXISTS (SELECT FROM postings WHERE postings.number_key = {number} ORDER BY device OFFSET {limit} LIMIT 1)"

_NEXT_VERSION = (
    "UPDATE devices SET book_version = book_version + 1 WHERE device = $1 AND under_keys($2)"
    " RETURNING book_version, number_key"
)

_STORE = """
    WITH book AS (
        INSERT INTO books (device, numbers, contact_ids) VALUES ($1, $2, $3)
        ON CONFLICT (device) DO UPDATE SET numbers = excluded.numbers, contact_ids = excluded.contact_ids
    ), gone AS (
        DELETE FROM postings WHERE device = $1 AND number_key = ANY($4::bigint[])
    ), to_copy AS (
        INSERT INTO books_to_copy (device) SELECT $1 FROM number_key_state WHERE phase = 'copying'
        -- A row that is there is locked: nobody copies the book meanwhile, as it was before.
        ON CONFLICT (device) DO UPDATE SET device = excluded.device
    )
    INSERT INTO postings (number_key, device) SELECT number_key, $1 FROM unnest($5::bigint[]) AS added (number_key)
"""

# The numbers of the copy before are those of nobody else's: its device is locked.
_STORE_COPY = """
    WITH before AS (SELECT unnest(numbers) AS number_key FROM books_next WHERE device = $1), gone AS (
        DELETE FROM postings_next USING before WHERE device = $1 AND postings_next.number_key = before.number_key
            AND before.number_key <> ALL ($2::bigint[])
    ), added AS (
        INSERT INTO postings_next (number_key, device) SELECT DISTINCT number_key, $1
        FROM unnest($2::bigint[]) AS of_copy (number_key) ON CONFLICT DO NOTHING
    )
    INSERT INTO books_next (device, numbers, contact_ids) VALUES ($1, $2, $3)
    ON CONFLICT (device) DO UPDATE SET numbers = excluded.numbers, contact_ids = excluded.contact_ids
"""


@dataclass(frozen=True, slots=True)
class OpenBook:
    """A book that nobody else changes until the transaction ends.

    Attributes:
        owner: the device's own number.
        version: that the book is to have.
        stored: the book as it is.
    """

    device: int
    owner: NumberKey
    version: int
    stored: PackedContacts


async def open_book(device: int, generation: int, connection: Connection) -> OpenBook:
    """Waits until nobody else changes a device's book.

    Args:
        generation: under how many keys the caller's numbers are.

    Raises:
        errors.NotFoundError: DEVICE_NOT_FOUND.
    """
    row = await connection.fetchrow(_NEXT_VERSION, device, generation)
    if row is None:
        raise device_not_registered()
    # In a statement of its own: the one before sees other tables as they were before it waited.
    book = await connection.fetchrow("SELECT numbers, contact_ids FROM books WHERE device = $1", device)
    return OpenBook(device, row["number_key"], row["book_version"], unpack(book) if book else EMPTY)


def changed_book(
    book: OpenBook, base_version: int, dropped_contact_ids: Collection[int], added: Iterable[tuple[NumberKey, int]]
) -> PackedContacts:
    """A book without some contacts and with other pairs of a number and a contact.

    Raises:
        errors.AbortedError: STALE_BOOK_VERSION.
    """
    version = book.version - 1
    if version != base_version:
        raise errors.AbortedError(
            errors.Reason.STALE_BOOK_VERSION,
            f"the book is at version {version}, the change is for version {base_version}: sync in full",
            metadata={"current_version": str(version)},
        )
    kept = (pair for pair in book.stored.pairs() if pair[1] not in dropped_contact_ids)
    return PackedContacts.pack(chain(kept, added))


async def store_book(book: OpenBook, contacts: PackedContacts, max_contacts: int, connection: Connection) -> int:
    """Stores contacts in place of those of a book; returns how many there are.

    Raises:
        errors.ResourceExhaustedError: LIMIT_EXCEEDED.
    """
    count = len(set(contacts.contact_ids))
    if count > max_contacts:
        raise too_many_contacts(max_contacts)
    gone, added = arrived(contacts, book.stored), arrived(book.stored, contacts)
    await connection.execute(_STORE, book.device, *pack(contacts), gone, added)
    return count


async def store_copy(device: int, contacts: PackedContacts, connection: Connection) -> None:
    """Stores a book under the next key, in place of what was stored of it there."""
    await connection.execute(_STORE_COPY, device, *pack(contacts))


def arrived(before: PackedContacts, after: PackedContacts) -> list[NumberKey]:
    """The numbers that are in one book and not in the other; sorted, so that they come page by page."""
    return sorted(set(after.numbers).difference(before.numbers))


def pack(contacts: PackedContacts) -> tuple["array[int]", bytes]:
    """A book as it is stored."""
    contact_ids = contacts.contact_ids
    if sys.byteorder == "big":
        contact_ids = array(contact_ids.typecode, contact_ids)
        contact_ids.byteswap()
    return contacts.numbers, contact_ids.tobytes()


def unpack(row: asyncpg.Record) -> PackedContacts:
    """A book from a row with its numbers and contact ids."""
    numbers, stored = array("q", row["numbers"]), row["contact_ids"]
    contact_ids = array("H" if len(stored) == 2 * len(numbers) else "I", stored)
    if sys.byteorder == "big":
        contact_ids.byteswap()
    return PackedContacts(numbers, contact_ids)


async def remove_book(device: int, connection: Connection) -> int:
    """Removes the book of a device that nobody else changes; returns the number of contacts that it had."""
    contacts = 0
    for suffix in ("", "_next"):
        row = await connection.fetchrow(
            f"DELETE FROM books{suffix} WHERE device = $1 RETURNING numbers, contact_ids", device
        )
        book = unpack(row) if row else EMPTY
        await connection.execute(
            f"DELETE FROM postings{suffix} WHERE device = $1 AND number_key = ANY($2::bigint[])",
            device,
            sorted(set(book.numbers)),
        )
        contacts = contacts or len(set(book.contact_ids))
    return contacts
