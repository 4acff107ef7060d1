"""How the people whom a device names stand to it."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress

from appshare import errors
from appshare.process.clock import Clock
from appshare.relation_radar.block_store import BlockStore, unblocked
from appshare.relation_radar.friendship import FriendshipRule, common_numbers
from appshare.relation_radar.limits import BOOKS_AT_ONCE, RadarLimits
from appshare.relation_radar.lookups import LookupLimiter
from appshare.relation_radar.model import (
    Acquaintance,
    Book,
    BookContact,
    Device,
    DialledNumber,
    NumberKey,
    OneDevice,
    Person,
)
from appshare.relation_radar.people import People
from appshare.relation_radar.store import RadarStore

_Name = NumberKey | str
"""What a device is found by: its number, or its id."""


class Acquaintances:
    """Finds the devices of people. Whom a block is between, they do not find each other."""

    def __init__(
        self,
        store: RadarStore,
        people: People,
        rule: FriendshipRule,
        limits: RadarLimits,
        blocks: BlockStore,
        clock: Clock,
    ) -> None:
        self._store = store
        self._people = people
        self._rule = rule
        self._hub_limit = limits.hub_limit
        self._blocks = blocks
        self._lookups = LookupLimiter(limits.lookups_per_hour, limits.lookup_burst, clock)

    async def by_number(self, device_id: str, number: str) -> list[Acquaintance]:
        """The devices of whoever has the number, as dialled by the asking device.

        Raises:
            errors.InvalidArgumentError: INVALID_PHONE_NUMBER, when it cannot be read.
            errors.NotFoundError: DEVICE_NOT_FOUND.
            errors.ResourceExhaustedError: LIMIT_EXCEEDED, when the person asks too often.
        """
        device = await self._people.require_device(device_id)
        key = self._people.number(device, number)
        self._lookups.take(device.number_key)
        return await self._acquaintances(device, await self._store.devices_with_numbers([key]))

    async def by_contact(self, device_id: str, contact_id: int) -> list[Acquaintance]:
        """The devices of a contact of the asking device's book.

        Raises:
            errors.NotFoundError: DEVICE_NOT_FOUND.
            errors.ResourceExhaustedError: LIMIT_EXCEEDED, when the person asks too often.
        """
        device = await self._people.require_device(device_id)
        self._lookups.take(device.number_key)
        numbers = await self._store.numbers_of_contact(device, contact_id)
        return await self._acquaintances(device, await self._store.devices_with_numbers(numbers))

    async def by_device(self, device_id: str, other_id: str) -> list[Acquaintance]:
        """The device itself, when it is registered. As often as it is asked: whoever has its id knows that it was.

        Raises:
            errors.NotFoundError: DEVICE_NOT_FOUND, for the asking device.
        """
        device, other = await self._people.require_with_other(device_id, other_id)
        return await self._acquaintances(device, [other] if other else [])

    async def of_people(self, device_id: str, people: Sequence[Person]) -> list[list[Acquaintance] | None]:
        """The devices of each person, in the order of the people; None for a number that cannot be read.

        Raises:
            errors.NotFoundError: DEVICE_NOT_FOUND.
            errors.ResourceExhaustedError: LIMIT_EXCEEDED, when the person asks too often.
        """
        device = await self._people.require_device(device_id)
        self._lookups.take(device.number_key, sum(not isinstance(person, OneDevice) for person in people))
        book = await self._store.book(device)
        names = [self._names(device, book, person) for person in people]
        devices = await self._devices_by_name({name for each in names for name in each or ()})
        others = {other.key: other for named in devices.values() for other in named}
        found = {each.device_id: each for each in await self._acquaintances(device, others.values())}
        return [None if each is None else _named(each, devices, found) for each in names]

    async def _acquaintances(self, device: Device, others: Iterable[Device]) -> list[Acquaintance]:
        """How others stand to a device; not the device itself, and nobody who is blocked.

        It asks the store as often for nobody as for somebody: the time must not tell who is registered.
        """
        others = await unblocked(self._blocks, device, [other for other in others if other.key != device.key])
        found = []
        for start in range(0, len(others) or 1, BOOKS_AT_ONCE):
            found += await self._stand(device, others[start : start + BOOKS_AT_ONCE])
        return found

    async def _stand(self, device: Device, others: Sequence[Device]) -> list[Acquaintance]:
        book, *books = await self._store.books([device, *others])
        hubs = await self._hubs_between([pair for other in books for pair in ((book, other), (other, book))])
        return [
            Acquaintance(
                other.device_id,
                book.contact_of(other),
                as_viewer=self._rule.level(book, other_book, hubs),
                as_owner=self._rule.level(other_book, book, hubs),
            )
            for other, other_book in zip(others, books, strict=True)
        ]

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
        return await self._store.hubs(frozenset().union(*common), self._hub_limit)


def _named(
    names: Iterable[_Name], devices: Mapping[_Name, Sequence[Device]], found: Mapping[str, Acquaintance]
) -> list[Acquaintance]:
    """What was found of the devices with names, by device id."""
    device_ids = sorted(device.device_id for name in names for device in devices.get(name, ()))
    return [found[device_id] for device_id in device_ids if device_id in found]
