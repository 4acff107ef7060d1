"""What the changes of friendships need of a store; every implementation passes the same contract tests."""

from collections.abc import Collection, Mapping
from typing import Protocol

from appshare.relation_radar.model import Friend, FriendshipChange


class FriendshipChangeStore(Protocol):
    """Of every device that watches its friendships: how each stands as the device knows it, or is to be told.

    Every method raises `errors.UnavailableError` (STORAGE_UNAVAILABLE) when the storage cannot be used, and then has
    changed nothing. What a method has changed is durable when it returns. A device that is not registered knows
    nothing, and nothing is recorded for it.
    """

    async def known_friends(self, device_id: str) -> Mapping[str, Friend]:
        """The friends as the device knows them, or is to be told, by device id; one that is over has the level NONE."""

    async def record(self, device_id: str, friends: Collection[Friend], now: float, at_most: int) -> None:
        """Stores how friendships stand from now on, in one go.

        Each whose level is another one gets the next position. Of those that are over, the newest `at_most` are kept
        for a device that acknowledges nothing.
        """

    async def changes(self, device_id: str, after: int, limit: int) -> list[FriendshipChange]:
        """The changes that are not acknowledged and behind a position, oldest first, `limit` of them."""

    async def head(self, device_id: str) -> int:
        """The position of the newest change; 0 when there has never been one."""

    async def acknowledge(self, device_id: str, through: int) -> int:
        """Ends the delivery of the changes up to a position, and returns the head; beyond the head it does nothing."""

    async def knowing(self, friend_id: str) -> list[str]:
        """The devices that know a device as a friend, also when that is not registered any more."""
