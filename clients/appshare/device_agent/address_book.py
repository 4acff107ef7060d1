"""The device's address book as the cloud knows it: stable contact ids, and what changed since the last sync."""

from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass, field, replace

from appshare.device_agent.model import Contact
from appshare.device_agent.vcards import Card

_MOST_NUMBERS = 50
"""Numbers that the contract lets a contact have."""


@dataclass(frozen=True)
class BookContact:
    """A person of the address book.

    Attributes:
        contact_id: the same in every version of the book.
        uid: of the card, empty when it has none.
    """

    contact_id: int
    name: str
    uid: str
    numbers: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True)
class AddressBook:
    """The contacts that were synced last, with their names, which stay on the device.

    Attributes:
        next_contact_id: ids are not used again: the cloud would take one for the contact it knows.
        version: of the book on the server; None when it is not known.
    """

    contacts: tuple[BookContact, ...] = ()
    next_contact_id: int = 1
    version: int | None = None


@dataclass(frozen=True)
class BookChange:
    """What changed for the cloud between two states of a book."""

    upserted: tuple[Contact, ...]
    removed: tuple[int, ...]


def updated(book: AddressBook, cards: Iterable[Card]) -> AddressBook:
    """The book with the cards as its contacts; a card is a known contact by its UID, else by its name.

    Cards without a number are left out: the cloud knows people by their numbers.
    """
    with_numbers = [card for card in cards if card.numbers]
    ids = _ContactIds(book, {card.uid for card in with_numbers if card.uid})
    contacts: dict[int, BookContact] = {}
    for card in with_numbers:
        contact_id = ids.of(card)
        earlier = contacts[contact_id].numbers if contact_id in contacts else ()
        numbers = tuple(dict.fromkeys((*earlier, *card.numbers)))[:_MOST_NUMBERS]
        contacts[contact_id] = BookContact(contact_id, card.name, card.uid, numbers)
    return replace(book, contacts=tuple(contacts.values()), next_contact_id=ids.next_id)


def with_contacts(book: AddressBook, contacts: Iterable[BookContact]) -> AddressBook:
    """The book with these contacts too, each under an id that was never used."""
    added = [replace(contact, contact_id=book.next_contact_id + index) for index, contact in enumerate(contacts)]
    return replace(book, contacts=(*book.contacts, *added), next_contact_id=book.next_contact_id + len(added))


def change_between(old: AddressBook, new: AddressBook) -> BookChange:
    """What the cloud has to be told to get from one state to the other."""
    numbers = {contact.contact_id: contact.numbers for contact in old.contacts}
    kept = {contact.contact_id for contact in new.contacts}
    changed = (contact for contact in new.contacts if numbers.get(contact.contact_id) != contact.numbers)
    return BookChange(tuple(for_cloud(changed)), tuple(sorted(numbers.keys() - kept)))


def for_cloud(contacts: Iterable[BookContact]) -> Iterator[Contact]:
    """The contacts without their names."""
    return (Contact(contact.contact_id, contact.numbers) for contact in contacts)


class _ContactIds:
    """Finds the id of a card's contact, or gives it a new one."""

    def __init__(self, book: AddressBook, uids: Set[str]) -> None:
        self.next_id = book.next_contact_id
        self._by_uid = {contact.uid: contact.contact_id for contact in book.contacts if contact.uid}
        # A contact whose UID is still there is not found by its name: two people may have the same one.
        self._by_name = {
            _name_key(contact.name, contact.numbers): contact.contact_id
            for contact in book.contacts
            if contact.uid not in uids
        }

    def of(self, card: Card) -> int:
        name = _name_key(card.name, card.numbers)
        contact_id = (self._by_uid.get(card.uid) if card.uid else None) or self._by_name.get(name)
        if contact_id is None:
            contact_id = self.next_id
            self.next_id += 1
        if card.uid:
            self._by_uid[card.uid] = contact_id
            self._by_name.pop(name, None)
        else:
            self._by_name[name] = contact_id
        return contact_id


def _name_key(name: str, numbers: tuple[str, ...]) -> str:
    return name.casefold() or numbers[0]
