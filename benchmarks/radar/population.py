"""Devices with contact books in communities, with hubs."""

from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

CONTACTS = 200

_COMMUNITY = 500
_UNREGISTERED = _COMMUNITY // 2
_HUBS = 12


@dataclass(frozen=True)
class Person:
    number_key: int
    contacts: "array[int]"
    """Number keys; the contact ids are 1, 2, 3 …"""


def population(size: int) -> Iterator[Person]:
    """People in an order that knows nothing of the communities.

    Of the 200 contacts of a book, 80 are the neighbours on a ring, which list each other, 45 somebody in the community,
    40 its people without a device, 17 somebody anywhere, 8 hubs (of 12: each stands in two books of three), and the
    others nobody else's.
    """
    random = Random(1)  # noqa: S311 - the same people in every run
    registered, unregistered = _numbers(random, size), _numbers(random, size // 2 + _UNREGISTERED)
    hubs = _numbers(random, _HUBS)
    for index in random.sample(range(size), size):
        start = index // _COMMUNITY * _COMMUNITY
        community = registered[start : start + _COMMUNITY]
        others = unregistered[start // 2 : start // 2 + _UNREGISTERED]
        contacts = {community[(index - start + step) % len(community)] for step in range(-40, 41) if step}
        contacts |= {*random.sample(community, 45), *random.sample(others, 40)}
        contacts |= {*random.sample(registered, 17), *random.sample(hubs, 8)}
        contacts |= {*_numbers(random, CONTACTS - len(contacts))}
        yield Person(registered[index], array("q", random.sample(sorted(contacts), CONTACTS)))


def _numbers(random: Random, count: int) -> list[int]:
    return [random.getrandbits(64) - 2**63 for _ in range(count)]
