"""Blocks: neither of two people sees anything of the other."""

import secrets
from collections import defaultdict
from collections.abc import Collection

from appshare import errors
from appshare.process.clock import Clock
from appshare.relation_radar.block_store import BlockStore
from appshare.relation_radar.friendship_signals import FriendshipSignals
from appshare.relation_radar.model import Block, BlockedNumber, Book, Device, NumberKey, Person
from appshare.relation_radar.people import People
from appshare.relation_radar.store import RadarStore


class Blocks:
    """Keeps whom each person blocks: by number, and so for all devices of both, also those that are still to come.

    Args:
        max_blocks: numbers that a person may block.
    """

    def __init__(
        self,
        store: RadarStore,
        blocks: BlockStore,
        people: People,
        signals: FriendshipSignals,
        clock: Clock,
        max_blocks: int,
    ) -> None:
        self._store = store
        self._blocks = blocks
        self._people = people
        self._signals = signals
        self._clock = clock
        self._max_blocks = max_blocks

    async def add(self, device_id: str, person: Person) -> None:
        """Blocks a person by all numbers that the person has in the asking device's book; nobody is nobody to block.

        Raises:
            errors.InvalidArgumentError: INVALID_PHONE_NUMBER, or INVALID_FIELD for the own number.
            errors.NotFoundError: DEVICE_NOT_FOUND, for the asking device.
            errors.ResourceExhaustedError: LIMIT_EXCEEDED.
        """
        device = await self._people.require_device(device_id)
        numbers = set(await self._people.numbers(device, person))
        if device.number_key in numbers:
            raise errors.InvalidArgumentError(
                errors.Reason.INVALID_FIELD, "person: this is your own number, or one of its devices", field="person"
            )
        await self._blocks.add_block(
            device.number_key, numbers, secrets.token_urlsafe(12), self._clock(), self._max_blocks
        )
        await self._changed(device, numbers)

    async def remove(self, device_id: str, person: Person) -> None:
        """Takes back every block that a number of the person is in.

        Raises:
            errors.InvalidArgumentError: INVALID_PHONE_NUMBER.
            errors.NotFoundError: DEVICE_NOT_FOUND, for the asking device.
        """
        device = await self._people.require_device(device_id)
        numbers = await self._people.numbers(device, person)
        await self._changed(device, await self._blocks.remove_blocks_of(device.number_key, numbers))

    async def remove_by_id(self, device_id: str, block_id: str) -> None:
        """Takes one block back.

        Raises:
            errors.NotFoundError: DEVICE_NOT_FOUND.
        """
        device = await self._people.require_device(device_id)
        await self._changed(device, await self._blocks.remove_block(device.number_key, block_id))

    async def of(self, device_id: str) -> list[Block]:
        """The blocks that the asking device's person has made, the newest first.

        Raises:
            errors.NotFoundError: DEVICE_NOT_FOUND.
        """
        device = await self._people.require_device(device_id)
        numbers: defaultdict[str, list[BlockedNumber]] = defaultdict(list)
        for number in await self._blocks.blocked_by(device.number_key):
            numbers[number.block_id].append(number)
        book = await self._store.book(device)
        blocks = [_block(book, each) for each in numbers.values()]
        return sorted(blocks, key=lambda block: (-block.create_time, block.block_id))

    async def includes(self, device_id: str, person: Person) -> bool:
        """Whether the asking device's person blocks every number of a person; nobody is not blocked.

        Raises:
            errors.InvalidArgumentError: INVALID_PHONE_NUMBER.
            errors.NotFoundError: DEVICE_NOT_FOUND, for the asking device.
        """
        device = await self._people.require_device(device_id)
        numbers = set(await self._people.numbers(device, person))
        blocked = {each.number_key for each in await self._blocks.blocked_by(device.number_key)}
        return bool(numbers) and numbers <= blocked

    async def _changed(self, device: Device, numbers: Collection[NumberKey]) -> None:
        await self._signals.numbers_changed([device.number_key, *numbers])


def _block(book: Book, numbers: list[BlockedNumber]) -> Block:
    """A block as the owner of the book sees it."""
    contact_ids = {each for number in numbers for each in book.contacts.get(number.number_key, ())}
    return Block(numbers[0].block_id, min(contact_ids, default=0), numbers[0].create_time)
