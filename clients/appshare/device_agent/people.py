"""Who is meant: a number, a name from the address book or a part of it, or `device:ID`."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from appshare.command_line.input_error import InputError
from appshare.device_agent.address_book import AddressBook, BookContact
from appshare.device_agent.exclusions import is_same_number
from appshare.device_agent.model import ByContact, ByDevice, ByNumber, Friend, Person
from appshare.device_agent.sources.source import RecentPerson

_NUMBER = re.compile(r"\+?[\d\s()./-]+")
_LEAST_DIGITS = 3
_DEVICE = "device:"
_SHOWN_DIGITS = 4


class SeveralPeopleError(InputError):
    """A text means several people.

    Attributes:
        people: those of the candidates, in their order.
    """

    def __init__(self, message: str, candidates: Sequence[str], people: Sequence[Person]) -> None:
        super().__init__(message, candidates=candidates)
        self.people = tuple(people)


def find_person(text: str, book: AddressBook) -> Person:
    """The person that a text means.

    Raises:
        SeveralPeopleError: several people of the address book.
        InputError: nobody.
    """
    if text.startswith(_DEVICE):
        return ByDevice(text.removeprefix(_DEVICE))
    if is_number(text):
        return ByNumber(text)
    return ByContact(_find_contact(text, book.contacts).contact_id)


def find_friend_devices(texts: Iterable[str], book: AddressBook, friends: Sequence[Friend]) -> tuple[str, ...]:
    """The ids of all devices of the friends that the texts mean.

    Raises:
        InputError: a text means nobody, several people, or somebody who is no friend.
    """
    found: dict[str, None] = {}
    for text in texts:
        found.update(dict.fromkeys(_friend_devices(text, book, friends)))
    return tuple(found)


def find_contacts(text: str, contacts: Sequence[BookContact]) -> list[BookContact]:
    """The contact with a name, or all with a number.

    Raises:
        InputError: nobody or several have the name.
    """
    if is_number(text):
        return [contact for contact in contacts if _has_number(contact, text)]
    return [_find_contact(text, contacts)]


def find_recent(text: str, recent: Sequence[RecentPerson], book: AddressBook) -> Person:
    """The person of a call log or an inbox whom a text means: by name, part of a name, number, or how that ends.

    Args:
        text: empty: whoever it is.

    Raises:
        SeveralPeopleError: several people.
        InputError: nobody.
    """
    known = [replace(person, name=_name_of(person, book)) for person in recent]
    meant = [person for person in known if _means(text, person)]
    if len(meant) == 1:
        return ByNumber(meant[0].number)
    if meant:
        message = "several people are there; say whose name, or how the number ends:"
        people = [ByNumber(person.number) for person in meant]
        raise SeveralPeopleError(message, [*map(_shown_recent, meant)], people)
    raise InputError(f"{text} is not there, among the last {len(recent)}" if text else "nobody is there yet")


def contact_names(book: AddressBook) -> dict[int, str]:
    """What contacts are called, by their id."""
    return {contact.contact_id: contact.name for contact in book.contacts if contact.name}


def is_number(text: str) -> bool:
    """Whether a text means somebody by number."""
    return bool(_NUMBER.fullmatch(text)) and sum(map(str.isdecimal, text)) >= _LEAST_DIGITS


def friend_names(book: AddressBook, friends: Iterable[Friend]) -> dict[str, str]:
    """What the friends are called in the address book, by device id."""
    names = contact_names(book)
    return {friend.device_id: names[friend.contact_id] for friend in friends if friend.contact_id in names}


def shown_device(device_id: str, names: Mapping[str, str]) -> str:
    """What a device's owner is called, or what to type to mean the device."""
    return names.get(device_id, f"{_DEVICE}{device_id}")


def _friend_devices(text: str, book: AddressBook, friends: Sequence[Friend]) -> list[str]:
    match find_person(text, book):
        case ByDevice(device_id):
            return [device_id]
        case ByContact(contact_id):
            contact_ids = {contact_id}
        case ByNumber(number):
            contact_ids = {contact.contact_id for contact in book.contacts if _has_number(contact, number)}
    devices = [friend.device_id for friend in friends if friend.contact_id in contact_ids]
    if not devices:
        raise InputError(f"{text} is not among your friends; `appshare friends` lists them")
    return devices


def _find_contact(text: str, contacts: Sequence[BookContact]) -> BookContact:
    """The one contact with the name, else the one whose name holds every word of the text."""
    wanted = _folded(text)
    matching = [contact for contact in contacts if wanted and _folded(contact.name) == wanted]
    if not matching:
        words = wanted.split()
        matching = [contact for contact in contacts if words and all(word in _folded(contact.name) for word in words)]
    if len(matching) == 1:
        return matching[0]
    if matching:
        raise SeveralPeopleError(
            f"several contacts match {text}; write the whole name, or the number:",
            [*map(_candidate, matching)],
            [ByContact(contact.contact_id) for contact in matching],
        )
    raise InputError(f"no contact is called {text}; `appshare contacts sync FILE` makes your contacts known")


def _name_of(person: RecentPerson, book: AddressBook) -> str:
    """What the person is called in the address book, else by the phone."""
    names = (contact.name for contact in book.contacts if _has_number(contact, person.number))
    return next(filter(None, names), person.name)


def _means(text: str, person: RecentPerson) -> bool:
    digits = "".join(filter(str.isdecimal, text))
    if is_number(text) and "".join(filter(str.isdecimal, person.number)).endswith(digits):
        return True
    return all(word in _folded(person.name) for word in _folded(text).split())


def _shown_recent(person: RecentPerson) -> str:
    """Somebody as the phone shows them; who has no name can only be told by the number."""
    when = person.time.astimezone().strftime(", %Y-%m-%d %H:%M") if person.time else ""
    who = f"{person.name}, number ending in {person.number[-_SHOWN_DIGITS:]}" if person.name else person.number
    return who + when


def _candidate(contact: BookContact) -> str:
    """A contact as it can be told from others of that name."""
    return f"{contact.name}, number ending in {contact.numbers[0][-_SHOWN_DIGITS:]}"


def _has_number(contact: BookContact, number: str) -> bool:
    return any(is_same_number(each, number) for each in contact.numbers)


def _folded(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())
