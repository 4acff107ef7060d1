"""The words of RelationRadar."""

import sys
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import astuple, dataclass
from enum import IntEnum, StrEnum
from functools import cached_property
from typing import NamedTuple, Self

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


class Ground(StrEnum):
    """By what a friendship holds: `FriendshipReason` of the protos."""

    BOTH_LIST = "both_list"
    OWNER_LISTS = "owner_lists"
    SHARED_CONTACTS = "shared_contacts"


class Device(NamedTuple):
    """A registered device; a tuple, since a list of friends makes hundreds of them.

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
class RegisteredDevice:
    """A device as the person sees it who has it. Times in seconds since the epoch.

    Attributes:
        last_seen_time: when its session was last renewed; None when it is over.
    """

    device_id: str
    register_time: float
    last_seen_time: float | None


@dataclass(frozen=True, slots=True)
class DeviceLimit:
    """How many devices a number may have.

    Attributes:
        at_most: of devices in use.
        in_use_since: devices whose session was renewed after this time are in use, in seconds since the epoch.
    """

    at_most: int
    in_use_since: float


@dataclass(frozen=True, slots=True)
class ContactQuota:
    """How many numbers may come into the books of a person's devices in a day.

    Attributes:
        now: in seconds since the epoch.
    """

    new_contacts: int
    now: float


@dataclass(frozen=True, slots=True)
class Deletion:
    """How much was deleted: `RadarDeletion` of the protos.

    Attributes:
        contacts: of the devices' books.
        verifications: registrations, codes and quotas of the number.
    """

    devices: int = 0
    sessions: int = 0
    contacts: int = 0
    friendship_changes: int = 0
    blocks: int = 0
    verifications: int = 0

    def __add__(self, other: "Deletion") -> "Deletion":
        return Deletion(*map(sum, zip(astuple(self), astuple(other), strict=True)))


@dataclass(frozen=True, slots=True)
class DialledNumber:
    """A person, by a number as dialled by the device that asks."""

    number: str


@dataclass(frozen=True, slots=True)
class BookContact:
    """A person, by a contact of the asking device's book."""

    contact_id: int


@dataclass(frozen=True, slots=True)
class OneDevice:
    """A person, by one of their devices."""

    device_id: str


Person = DialledNumber | BookContact | OneDevice
"""Somebody as the device that asks means them."""


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


class PackedContacts(Mapping[NumberKey, frozenset[int]]):
    """The contacts of each number of a book, as small as they are stored.

    Attributes:
        numbers: sorted; a number of several contacts is there for each.
        contact_ids: the contact of each number, the lowest of a number's first.
    """

    __slots__ = ("contact_ids", "numbers")

    def __init__(self, numbers: "array[int]", contact_ids: "array[int]") -> None:
        self.numbers = numbers
        self.contact_ids = contact_ids

    @classmethod
    def pack(cls, entries: Iterable[tuple[NumberKey, int]]) -> Self:
        """Packs pairs of a number and a contact; one that comes again is there once."""
        pairs = sorted(set(entries))
        contact_ids = [contact_id for _, contact_id in pairs]
        narrow = max(contact_ids, default=0) < 1 << 16
        return cls(array("q", [number for number, _ in pairs]), array("H" if narrow else "I", contact_ids))

    def __getitem__(self, number: NumberKey) -> frozenset[int]:
        contact_ids = self.ids_of(number)
        if not contact_ids:
            raise KeyError(number)
        return frozenset(contact_ids)

    def __contains__(self, number: object) -> bool:
        if not isinstance(number, int):
            return False
        index = bisect_left(self.numbers, number)
        return index < len(self.numbers) and self.numbers[index] == number

    def __iter__(self) -> Iterator[NumberKey]:
        return iter(dict.fromkeys(self.numbers))

    def __len__(self) -> int:
        return len(set(self.numbers))

    def pairs(self) -> Iterator[tuple[NumberKey, int]]:
        """Each number with each of its contacts."""
        return zip(self.numbers, self.contact_ids, strict=True)

    def ids_of(self, number: NumberKey) -> "array[int]":
        """The contacts that have a number."""
        first = bisect_left(self.numbers, number)
        return self.contact_ids[first : bisect_right(self.numbers, number, first)]

    def first_id_of(self, number: NumberKey) -> int:
        """The lowest id of the contacts that have a number; 0 when none has it."""
        index = bisect_left(self.numbers, number)
        return self.contact_ids[index] if index < len(self.numbers) and self.numbers[index] == number else 0

    def numbers_of(self, contact_id: int) -> list[NumberKey]:
        """The numbers of a contact; what would be looked for number by number is found as bytes, at once."""
        packed, width = self.contact_ids.tobytes(), self.contact_ids.itemsize
        if contact_id >> 8 * width:
            return []
        sought, numbers = contact_id.to_bytes(width, sys.byteorder), []
        offset = packed.find(sought)
        while offset >= 0:
            if offset % width == 0:
                numbers.append(self.numbers[offset // width])
            offset = packed.find(sought, offset + 1)
        return numbers


@dataclass(frozen=True)
class Book:
    """A contact book as the rules see it.

    Attributes:
        own_number: the device's own number; it belongs to its book.
        contacts: the ids of the contacts that have a number.
    """

    own_number: NumberKey
    contacts: Mapping[NumberKey, frozenset[int]]

    @cached_property
    def packed(self) -> PackedContacts:
        """The contacts, packed."""
        if isinstance(self.contacts, PackedContacts):
            return self.contacts
        return PackedContacts.pack((number, each) for number, ids in self.contacts.items() for each in ids)

    @cached_property
    def numbers(self) -> frozenset[NumberKey]:
        """The numbers of the contacts."""
        return frozenset(self.packed.numbers)

    def lists(self, number: NumberKey) -> bool:
        """Whether the number is in the book."""
        return number == self.own_number or number in self.contacts

    def contact_of(self, device: Device) -> int:
        """The id of the contact that a device belongs to; 0 when it is not in the book."""
        return self.packed.first_id_of(device.number_key)


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


class Friend(NamedTuple):
    """An owner who is a friend of the viewer that asks, or was one, with the level NONE; a tuple, as the device."""

    device_id: str
    contact_id: int
    level: Level


@dataclass(frozen=True, slots=True)
class FriendshipChange:
    """A friendship that has begun, has another level, or is over.

    Attributes:
        position: above 0; grows with every change of a device's friendships.
        change_time: in seconds since the epoch.
    """

    position: int
    change_time: float
    friend: Friend


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """Says that a stream of changes lives, and the position of the newest."""

    head: int


@dataclass(frozen=True, slots=True)
class BlockedNumber:
    """One number that a person blocks; those that were blocked as one contact have one block id."""

    block_id: str
    number_key: NumberKey
    create_time: float


@dataclass(frozen=True, slots=True)
class Block:
    """A block as the device that asks sees it: its own id for the person, 0 when the person is not in its book."""

    block_id: str
    contact_id: int
    create_time: float


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
