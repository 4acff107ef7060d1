"""Contact books for tests."""

from collections.abc import Iterable

from appshare.relation_radar.model import Book, Contact, NumberKey


def book(own: NumberKey, *contacts: NumberKey | Iterable[NumberKey]) -> Book:
    """A book as the rules see it, in which a small number stands for a phone number.

    Args:
        own: the device's own number.
        contacts: the number or the numbers of each contact.
    """
    ids: dict[NumberKey, set[int]] = {}
    for contact_id, contact in enumerate(contacts, start=1):
        for number in (contact,) if isinstance(contact, int) else contact:
            ids.setdefault(number, set()).add(contact_id)
    return Book(own, {number: frozenset(found) for number, found in ids.items()})


def contacts_of(*contacts: str | tuple[str, ...]) -> list[Contact]:
    """Contacts as a device sends them, with ids from 1; each is its number or its numbers."""
    return [
        Contact(contact_id, (each,) if isinstance(each, str) else each)
        for contact_id, each in enumerate(contacts, start=1)
    ]
