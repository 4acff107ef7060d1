"""People whom the user keeps from the cloud: no card that has one of their numbers is ever sent."""

from collections.abc import Iterable, Sequence

from appshare.device_agent.address_book import BookContact
from appshare.device_agent.vcards import Card

_LAST_DIGITS = 4


class Exclusions:
    """Tells which cards and contacts are of people who are kept from the cloud."""

    def __init__(self, excluded: Iterable[BookContact]) -> None:
        self._numbers: dict[str, list[str]] = {}
        for contact in excluded:
            for number in contact.numbers:
                self._numbers.setdefault(_last_digits(number), []).append(number)

    def hold(self, person: Card | BookContact) -> bool:
        """Whether one of the person's numbers is one of somebody who is excluded, however it is written."""
        # Reading a number takes long; most differ in their last digits.
        return any(
            is_same_number(number, excluded)
            for number in person.numbers
            for excluded in self._numbers.get(_last_digits(number), ())
        )

    def split(self, contacts: Sequence[BookContact]) -> tuple[tuple[BookContact, ...], tuple[BookContact, ...]]:
        """The contacts that are excluded, and the others."""
        held = {contact.contact_id for contact in contacts if self.hold(contact)}
        return (
            tuple(contact for contact in contacts if contact.contact_id in held),
            tuple(contact for contact in contacts if contact.contact_id not in held),
        )


def is_same_number(one: str, other: str) -> bool:
    """Whether two numbers are one, with and without country code, however they are written."""
    if one == other:
        return True
    from phonenumbers import MatchType, is_number_match  # noqa: PLC0415  # costs time; few commands compare numbers

    return is_number_match(one, other) in (MatchType.EXACT_MATCH, MatchType.NSN_MATCH)


def _last_digits(number: str) -> str:
    return "".join(str(int(digit)) for digit in number if digit.isdecimal())[-_LAST_DIGITS:]
