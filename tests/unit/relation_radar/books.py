"""Contact books for tests, where a small number stands for a phone number."""

from collections.abc import Iterable

from appshare.relation_radar.model import Book, NumberKey


def book(own: NumberKey, *contacts: NumberKey | Iterable[NumberKey]) -> Book:
    """The book of the device with number `own`; each contact is its number or its numbers."""
    ids: dict[NumberKey, set[int]] = {}
    for contact_id, contact in enumerate(contacts, start=1):
        for number in (contact,) if isinstance(contact, int) else contact:
            ids.setdefault(number, set()).add(contact_id)
    return Book(own, {number: frozenset(found) for number, found in ids.items()})
