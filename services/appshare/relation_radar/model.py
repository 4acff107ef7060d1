"""The words of RelationRadar."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum

NumberKey = int
"""A phone number as it is stored: 64 bits, signed, of its keyed digest."""


class Level(IntEnum):
    """How sure it is that an owner and a viewer are friends."""

    NONE = 0
    LIKELY = 1
    CONFIRMED = 2


class Rule(StrEnum):
    """Who must list whom for a friendship."""

    SHARED_CONTACTS = "shared_contacts"
    LISTED = "listed"
    MUTUAL = "mutual"


@dataclass(frozen=True, slots=True)
class Device:
    """A registered device.

    Attributes:
        key: the store's own key, never outside the service.
        region: ISO 3166-1 alpha-2, for numbers without a country code.
        book_version: 0 until the first sync.
    """

    key: int
    device_id: str
    number_key: NumberKey
    region: str
    book_version: int


@dataclass(frozen=True, slots=True)
class Contact:
    """A contact as a device sends it, its numbers as dialled."""

    contact_id: int
    numbers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BookEntry:
    """One number of one contact, as stored."""

    contact_id: int
    number_key: NumberKey


@dataclass(frozen=True, slots=True)
class Book:
    """A contact book as the rules see it.

    Attributes:
        own_number: the device's own number; it belongs to its book.
        contacts: the ids of the contacts that have a number.
    """

    own_number: NumberKey
    contacts: Mapping[NumberKey, frozenset[int]]

    def lists(self, number: NumberKey) -> bool:
        """Whether the number is in the book."""
        return number == self.own_number or number in self.contacts


@dataclass(frozen=True, slots=True)
class Acquaintance:
    """How another device stands to the device that asks.

    Attributes:
        contact_id: the asking device's id for it, 0 when it is not in its book.
        as_viewer: the level with the asking device as viewer.
        as_owner: the level with the asking device as owner.
    """

    device_id: str
    contact_id: int
    as_viewer: Level
    as_owner: Level


@dataclass(frozen=True, slots=True)
class Friend:
    """An owner who is a friend of the viewer that asks."""

    device_id: str
    contact_id: int
    level: Level


@dataclass(frozen=True, slots=True)
class Registration:
    """A registration whose number is not verified yet. Times in seconds since the epoch."""

    registration_id: str
    number_key: NumberKey
    region: str
    code_digest: bytes
    attempts: int
    expire_time: float


@dataclass(frozen=True, slots=True)
class Session:
    """The right of a device to fetch new access tokens.

    Attributes:
        previous_digest: of the token before the current one; None before the first rotation.
        rotate_time: of the last rotation, in seconds since the epoch.
    """

    session_id: str
    device_id: str
    current_digest: bytes
    previous_digest: bytes | None
    rotate_time: float
