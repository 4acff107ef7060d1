"""The radar: contact books come in, friendships are derived from them when asked."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from appshare import errors
from appshare.process.clock import Clock, system_clock
from appshare.relation_radar.block_store import BlockStore
from appshare.relation_radar.friendship import FriendshipRule, common_numbers
from appshare.relation_radar.friendship_signals import nobody_watches
from appshare.relation_radar.lookups import LookupLimiter
from appshare.relation_radar.model import (
    Acquaintance,
    Book,
    BookContact,
    BookEntry,
    Contact,
    ContactQuota,
    Device,
    DialledNumber,
    Friend,
    Level,
    NumberKey,
    OneDevice,
    Person,
    Rule,
)
from appshare.relation_radar.numbers import PERSONAL_TYPES, NumberKeys, NumberType, read_personal_number
from appshare.relation_radar.people import People
from appshare.relation_radar.store import RadarStore

_Name = NumberKey | str
"""What a device is found by: its number, or its id."""

FriendPlace = tuple[int | str, ...]
"""Where a friend stands in a list: confirmed ones first, then by device id in the order of code points."""

_BOOKS_AT_ONCE = 64
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


@dataclass(frozen=True, slots=True)
class SyncResult:
    """What a sync of a book came to."""

    book_version: int
    contact_count: int
    skipped_number_count: int


class Radar:
    """Keeps contact books and says who is whose friend. Whom a block is between, they do not find each other.

    Args:
        changed: told of each device whose book has changed.
    """

    def __init__(
        self,
        store: RadarStore,
        number_keys: NumberKeys,
        rule: FriendshipRule,
        limits: RadarLimits,
        blocks: BlockStore,
        changed: Callable[[str], Awaitable[None]] = nobody_watches,
        clock: Clock = system_clock,
    ) -> None:
        self._store = store
        self._number_keys = number_keys
        self._rule = rule
        self._limits = limits
        self._blocks = blocks
        self._changed = changed
        self._clock = clock
        self._lookups = LookupLimiter(limits.lookups_per_hour, limits.lookup_burst, clock)
        self._people = People(store, number_keys)

    async def replace_book(self, device_id: str, contacts: Sequence[Contact]) -> SyncResult:
        """Stores a whole book.

        Raises:
            errors.InvalidArgumentError: EMPTY_CONTACT_BOOK.
            errors.NotFoundError: DEVICE_NOT_FOUND.
            errors.ResourceExhaustedError: LIMIT_EXCEEDED.
        """
        device = await self._require_device(device_id)
        if not contacts:
            raise errors.InvalidArgumentError(
                errors.Reason.EMPTY_CONTACT_BOOK,
                "the contact book is empty; does the app have the permission to read the contacts?",
                field="full.contacts",
            )
        self._require_bounded(contacts)
        entries, skipped = await self._read(contacts, device.region)
        version, count = await self._store.replace_book(device, entries, self._limits.max_contacts, self._quota())
        await self._changed(device_id)
        return SyncResult(version, count, skipped)

    async def change_book(
        self, device_id: str, base_version: int, upserted: Sequence[Contact], removed: Collection[int]
    ) -> SyncResult:
        """Changes contacts of a book.

        Raises:
            errors.AbortedError: STALE_BOOK_VERSION.
            errors.NotFoundError: DEVICE_NOT_FOUND.
            errors.ResourceExhaustedError: LIMIT_EXCEEDED.
        """
        device = await self._require_device(device_id)
        self._require_bounded(upserted)
        entries, skipped = await self._read(upserted, device.region)
        dropped = {contact.contact_id for contact in upserted} | set(removed)
        version, count = await self._store.change_book(
            device, base_version, dropped, entries, self._limits.max_contacts, self._quota()
        )
        await self._changed(device_id)
        return SyncResult(version, count, skipped)

    async def find_by_number(self, device_id: str, number: str) -> list[Acquaintance]:
        """The devices of whoever has the number, as dialled by the asking device.

        Raises:
            errors.InvalidArgumentError: INVALID_PHONE_NUMBER, when it cannot be read.
            errors.NotFoundError: DEVICE_NOT_FOUND.
            errors.ResourceExhaustedError: LIMIT_EXCEEDED, when the person asks too often.
        """
        device = await self._require_device(device_id)
        key = self._people.number(device, number)
        self._lookups.take(device.number_key)
        return await self._acquaintances(device, await self._store.devices_with_numbers([key]))

    async def find_by_contact(self, device_id: str, contact_id: int) -> list[Acquaintance]:
        """The devices of a contact of the asking device's book.

        Raises:
            errors.NotFoundError: DEVICE_NOT_FOUND.
            errors.ResourceExhaustedError: LIMIT_EXCEEDED, when the person asks too often.
        """
        device = await self._require_device(device_id)
        self._lookups.take(device.number_key)
        numbers = await self._store.numbers_of_contact(device, contact_id)
        return await self._acquaintances(device, await self._store.devices_with_numbers(numbers))

    async def find_by_device(self, device_id: str, other_id: str) -> list[Acquaintance]:
        """The device itself, when it is registered. As often as it is asked: whoever has its id knows that it was.

        Raises:
            errors.NotFoundError: DEVICE_NOT_FOUND, for the asking device.
        """
        device = await self._require_device(device_id)
        other = await self._store.find_device(other_id)
        return await self._acquaintances(device, [other] if other else [])

    async def find_people(self, device_id: str, people: Sequence[Person]) -> list[list[Acquaintance] | None]:
        """The devices of each person, in the order of the people; None for a number that cannot be read.

        Raises:
            errors.NotFoundError: DEVICE_NOT_FOUND.
            errors.ResourceExhaustedError: LIMIT_EXCEEDED, when the person asks too often.
        """
        device = await self._require_device(device_id)
        self._lookups.take(device.number_key, sum(not isinstance(person, OneDevice) for person in people))
        book = await self._store.book(device)
        names = [self._names(device, book, person) for person in people]
        devices = await self._devices_by_name({name for each in names for name in each or ()})
        others = {other.key: other for named in devices.values() for other in named}
        found = {each.device_id: each for each in await self._acquaintances(device, others.values())}
        return [None if each is None else _named(each, devices, found) for each in names]

    async def friends(self, device_id: str) -> tuple[list[Friend], bool]:
        """The owners who are friends from the viewer's side, confirmed ones first; True when there may be more.

        Raises:
            errors.NotFoundError: DEVICE_NOT_FOUND.
        """
        return await self.friends_behind(device_id, None, self._limits.max_friends)

    async def friends_behind(
        self, device_id: str, after: FriendPlace | None, at_most: int
    ) -> tuple[list[Friend], bool]:
        """The friends behind a place of the list, `at_most` of them; True when there may be more than a list holds.

        It decides only on as many owners as it takes: of the confirmed friends, no book is read.

        Raises:
            errors.NotFoundError: DEVICE_NOT_FOUND.
        """
        viewer = await self._require_device(device_id)
        book = await self._store.book(viewer)
        candidates = await self._unblocked_candidates(viewer)
        owners = candidates[: self._limits.max_friends]
        rest = [owner for owner in owners if self._may_be_behind(book, owner, after)]
        found: list[Friend] = []
        for start in range(0, len(rest), _BOOKS_AT_ONCE):
            found += await self._friends_among(book, rest[start : start + _BOOKS_AT_ONCE], after)
            if len(found) >= at_most:
                break
        return found[:at_most], len(candidates) > len(owners)

    def _may_be_behind(self, viewer: Book, owner: Device, after: FriendPlace | None) -> bool:
        """Whether an owner is behind a place of the list, should it be a friend; where contacts decide, it may be."""
        if after is None or self._rule.rule is Rule.SHARED_CONTACTS:
            return True
        level = Level.CONFIRMED if viewer.lists(owner.number_key) else Level.LIKELY
        return place_of(Friend(owner.device_id, 0, level)) > after

    async def _friends_among(self, viewer: Book, owners: Sequence[Device], after: FriendPlace | None) -> list[Friend]:
        levels = await self._levels_of_candidates(viewer, owners)
        friends = [Friend(owner.device_id, _contact_id(viewer, owner), levels[owner.key]) for owner in owners]
        return [
            friend
            for friend in friends
            if friend.level is not Level.NONE and (after is None or place_of(friend) > after)
        ]

    async def _unblocked_candidates(self, viewer: Device) -> list[Device]:
        """Owners who may be friends, those who would be confirmed first: one more than a list holds, when there are."""
        wanted = at_most = self._limits.max_friends + 1
        while True:
            candidates = await self._candidates(viewer, at_most)
            unblocked = await self._unblocked(viewer, candidates)
            if len(unblocked) >= wanted or len(candidates) < at_most:
                return unblocked[:wanted]
            at_most *= 2

    async def _candidates(self, viewer: Device, at_most: int) -> list[Device]:
        if self._rule.rule is Rule.SHARED_CONTACTS:
            hub_limit = self._limits.hub_limit
            return await self._store.devices_sharing(viewer, self._rule.shared_contacts, hub_limit, at_most)
        return await self._store.devices_listing(viewer, at_most)

    async def _levels_of_candidates(self, viewer: Book, owners: Sequence[Device]) -> dict[int, Level]:
        """The levels of owners by key. The books are read only of those whose listing the viewer does not decide."""
        levels: dict[int, Level] = {}
        undecided = []
        for owner in owners:
            level = self._level_of_candidate(viewer, owner)
            if level is None:
                undecided.append(owner)
            else:
                levels[owner.key] = level
        if undecided:
            hubs = await self._store.hubs([*viewer.numbers, viewer.own_number], self._limits.hub_limit)
            for owner, book in zip(undecided, await self._store.books(undecided), strict=True):
                levels[owner.key] = self._rule.level(viewer, book, hubs)
        return levels

    def _level_of_candidate(self, viewer: Book, owner: Device) -> Level | None:
        """The level of an owner that lists the viewer, as all candidates do unless shared contacts decide; or None."""
        return self._rule.level_by_listing(owner_lists=True, viewer_lists=viewer.lists(owner.number_key))

    async def _acquaintances(self, device: Device, others: Iterable[Device]) -> list[Acquaintance]:
        """How others stand to a device; not the device itself, and nobody who is blocked.

        It asks the store as often for nobody as for somebody: the time must not tell who is registered.
        """
        others = await self._unblocked(device, [other for other in others if other.key != device.key])
        found = []
        for start in range(0, len(others) or 1, _BOOKS_AT_ONCE):
            found += await self._stand(device, others[start : start + _BOOKS_AT_ONCE])
        return found

    async def _stand(self, device: Device, others: Sequence[Device]) -> list[Acquaintance]:
        book, *books = await self._store.books([device, *others])
        hubs = await self._hubs_between([pair for other in books for pair in ((book, other), (other, book))])
        return [
            Acquaintance(
                other.device_id,
                _contact_id(book, other),
                as_viewer=self._rule.level(book, other_book, hubs),
                as_owner=self._rule.level(other_book, book, hubs),
            )
            for other, other_book in zip(others, books, strict=True)
        ]

    async def _unblocked(self, device: Device, others: Sequence[Device]) -> list[Device]:
        """The devices whose people neither block the device's person nor are blocked by it."""
        blocked = await self._blocks.blocked_among(device.number_key, {other.number_key for other in others})
        return [other for other in others if other.number_key not in blocked]

    def _names(self, device: Device, book: Book, person: Person) -> Sequence[_Name] | None:
        """The numbers, or the device id, of whom a device means; None for a number that cannot be read."""
        match person:
            case DialledNumber(number):
                with suppress(errors.InvalidArgumentError):
                    return [self._people.number(device, number)]
                return None
            case BookContact(contact_id):
                return book.packed.numbers_of(contact_id)
            case OneDevice(device_id):
                return [device_id]

    async def _devices_by_name(self, names: Collection[_Name]) -> Mapping[_Name, Sequence[Device]]:
        """The devices that have the numbers or the ids."""
        devices: defaultdict[_Name, list[Device]] = defaultdict(list)
        for device in await self._store.devices_with_numbers([name for name in names if isinstance(name, int)]):
            devices[device.number_key].append(device)
        for device in await self._store.devices_with_ids([name for name in names if isinstance(name, str)]):
            devices[device.device_id].append(device)
        return devices

    async def _hubs_between(self, pairs: Sequence[tuple[Book, Book]]) -> frozenset[NumberKey]:
        """The hubs among what viewers and owners have in common, where it matters."""
        common = [common_numbers(*pair) for pair in pairs if self._rule.counts_shared_contacts(*pair)]
        return await self._store.hubs(frozenset().union(*common), self._limits.hub_limit)

    async def _read(self, contacts: Sequence[Contact], region: str) -> tuple[list[BookEntry], int]:
        """The entries of contacts and how many numbers do not count; in a thread, since a book takes milliseconds."""
        return await asyncio.to_thread(self._read_entries, contacts, region)

    def _read_entries(self, contacts: Sequence[Contact], region: str) -> tuple[list[BookEntry], int]:
        entries, skipped = [], 0
        for contact in contacts:
            for number in contact.numbers:
                try:
                    key = self._number_keys.key(read_personal_number(number, region, self._limits.number_types))
                except errors.InvalidArgumentError:
                    skipped += 1
                else:
                    entries.append(BookEntry(contact.contact_id, key))
        return entries, skipped

    def _require_bounded(self, contacts: Sequence[Contact]) -> None:
        if len(contacts) > self._limits.max_contacts:
            raise errors.ResourceExhaustedError(
                errors.Reason.LIMIT_EXCEEDED, f"a contact book holds at most {self._limits.max_contacts} contacts"
            )

    def _quota(self) -> ContactQuota:
        return ContactQuota(self._limits.new_contacts_per_day, self._clock())

    async def _require_device(self, device_id: str) -> Device:
        return await self._people.require_device(device_id)


def _named(
    names: Iterable[_Name], devices: Mapping[_Name, Sequence[Device]], found: Mapping[str, Acquaintance]
) -> list[Acquaintance]:
    """What was found of the devices with names, by device id."""
    device_ids = sorted(device.device_id for name in names for device in devices.get(name, ()))
    return [found[device_id] for device_id in device_ids if device_id in found]


def place_of(friend: Friend) -> FriendPlace:
    """Where a friend stands in a list."""
    return (-friend.level, friend.device_id)


def _contact_id(book: Book, other: Device) -> int:
    return min(book.contacts.get(other.number_key, ()), default=0)
