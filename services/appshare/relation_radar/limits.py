"""Bounds of the radar."""

from dataclasses import dataclass

from appshare.relation_radar.numbers import PERSONAL_TYPES, NumberType

BOOKS_AT_ONCE = 64
"""Books that are held to decide on, so that a long list neither fills the memory nor holds up the event loop."""


@dataclass(frozen=True, slots=True)
class RadarLimits:
    """Bounds of books and lists.

    Attributes:
        hub_limit: a number in more books than this says nothing about two people.
        max_contacts: contacts that a book may hold.
        max_friends: friends that a list may hold.
        new_contacts_per_day: numbers that may come into the books of a person's devices in a day.
        lookups_per_hour: people that a person may look up by a number or a contact.
        lookup_burst: how many of them at once.
        number_types: of the numbers that a person can have; others do not count.
    """

    hub_limit: int = 200
    max_contacts: int = 20_000
    max_friends: int = 2_000
    new_contacts_per_day: int = 20_000
    lookups_per_hour: int = 1_000
    lookup_burst: int = 300
    number_types: frozenset[NumberType] = PERSONAL_TYPES
