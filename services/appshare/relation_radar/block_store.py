"""What blocks need of a store; every implementation passes the same contract tests."""

from collections.abc import Collection, Sequence
from typing import Protocol

from appshare.relation_radar.model import BlockedNumber, Device, NumberKey


class BlockStore(Protocol):
    """Who blocks whom, number by number.

    Every method raises `errors.UnavailableError` (STORAGE_UNAVAILABLE) when the storage cannot be used, and then has
    changed nothing. What a method has changed is durable when it returns.
    """

    async def add_block(
        self, blocker: NumberKey, numbers: Collection[NumberKey], block_id: str, now: float, at_most: int
    ) -> None:
        """Blocks numbers under one id, that of the oldest block which one of them is in already.

        Raises:
            errors.ResourceExhaustedError: LIMIT_EXCEEDED, when the blocker would block more than `at_most` numbers.
        """

    async def remove_block(self, blocker: NumberKey, block_id: str) -> list[NumberKey]:
        """Takes a block back; returns the numbers that were blocked by it."""

    async def remove_blocks_of(self, blocker: NumberKey, numbers: Collection[NumberKey]) -> list[NumberKey]:
        """Takes back every block that one of the numbers is in, as a whole; returns the numbers that were blocked."""

    async def blocked_by(self, blocker: NumberKey) -> list[BlockedNumber]:
        """The numbers that a person blocks, by block id."""

    async def blocked_among(self, number: NumberKey, others: Collection[NumberKey]) -> frozenset[NumberKey]:
        """Those of the others that the number blocks, or that block it."""


async def unblocked(blocks: BlockStore, device: Device, others: Sequence[Device]) -> list[Device]:
    """The devices whose people neither block the device's person nor are blocked by it."""
    blocked = await blocks.blocked_among(device.number_key, {other.number_key for other in others})
    return [other for other in others if other.number_key not in blocked]
