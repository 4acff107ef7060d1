"""Changes of friendships: what a device is told of, until it acknowledges it."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from weakref import WeakValueDictionary

from appshare import errors
from appshare.process.clock import Clock
from appshare.relation_radar.friendship_change_store import FriendshipChangeStore
from appshare.relation_radar.model import Friend, FriendshipChange, Heartbeat, Level, OneDevice
from appshare.relation_radar.people import People
from appshare.relation_radar.radar import Radar
from appshare.relation_radar.wakeups import Wakeups
from appshare.rpc.waiting import is_set_within

_STREAM_PAGE = 50
"""Changes that a stream holds at a time."""

_WOKEN_AT_ONCE = 2
"""Streams that look because they were woken; a book may wake hundreds, and nobody's call waits behind them all."""


@dataclass(frozen=True, slots=True)
class WatchLimits:
    """Bounds of what a device is told, and of the time in which a stream does nothing.

    Attributes:
        max_friends: friends of whom a device is told changes; a list of friends holds as many.
        heartbeat: seconds after which an idle stream carries a heartbeat.
        look: seconds after which a stream looks for changes that it was not woken for: a number has come to be in more
            books than the limit of hubs, or a wake-up was lost.
        rest: seconds that a stream waits after a look, whatever wakes it: many books may change at once.
    """

    max_friends: int = 2_000
    heartbeat: float = 20.0
    look: float = 600.0
    rest: float = 1.0


class FriendshipChanges:
    """Compares the friendships of a device with what the device knows of them, and tells the differences.

    Args:
        steady: keeps the keys of numbers as they are.
    """

    def __init__(
        self,
        radar: Radar,
        people: People,
        store: FriendshipChangeStore,
        wakeups: Wakeups,
        clock: Clock,
        limits: WatchLimits,
        steady: Callable[[], AbstractAsyncContextManager[None]],
    ) -> None:
        self._radar = radar
        self._people = people
        self._store = store
        self._wakeups = wakeups
        self._clock = clock
        self._limits = limits
        self._steady = steady
        self._woken = asyncio.Semaphore(_WOKEN_AT_ONCE)
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def stream(self, device_id: str) -> AsyncGenerator[FriendshipChange | Heartbeat, None]:
        """The changes that are not acknowledged, oldest first, then new ones; heartbeats first and when idle.

        Raises:
            errors.NotFoundError: DEVICE_NOT_FOUND, also when the device is deleted meanwhile.
        """
        with self._wakeups.listening(device_id) as woken:
            looked = await self._steady_look(device_id)
            yield Heartbeat(await self._store.head(device_id))
            position = 0
            while True:
                changes = await self._store.changes(device_id, position, _STREAM_PAGE)
                for change in changes:
                    yield change
                    position = change.position
                if changes:
                    continue  # there may be more
                if not await is_set_within(woken, self._limits.heartbeat):
                    yield Heartbeat(await self._store.head(device_id))
                if woken.is_set() or _now() >= looked + self._limits.look:
                    await asyncio.sleep(looked + self._limits.rest - _now())
                    woken.clear()  # before looking: what comes in meanwhile sets it again
                    async with self._woken:
                        looked = await self._steady_look(device_id)

    async def read(self, device_id: str, after: int, limit: int) -> tuple[list[FriendshipChange], int]:
        """Changes that are not acknowledged and behind a position, oldest first, and the position of the newest.

        Raises:
            errors.NotFoundError: DEVICE_NOT_FOUND.
        """
        await self._look(device_id)
        return await self._store.changes(device_id, after, limit), await self._store.head(device_id)

    async def acknowledge(self, device_id: str, through: int) -> None:
        """Ends the delivery of every change up to a position; less than before changes nothing.

        Raises:
            errors.NotFoundError: DEVICE_NOT_FOUND.
            errors.OutOfRangeError: POSITION_AHEAD, when no change has had that position yet.
        """
        await self._people.require_device(device_id)
        head = await self._store.acknowledge(device_id, through)
        if through > head:
            raise errors.OutOfRangeError(
                errors.Reason.POSITION_AHEAD, f"the newest change is at position {head}", field="through_position"
            )

    async def _steady_look(self, device_id: str) -> float:
        """Looks while the keys of numbers stay as they are, as they do during every call that is no stream."""
        async with self._steady():
            return await self._look(device_id)

    async def _look(self, device_id: str) -> float:
        """Stores what is not as the device knows it; returns when it was done.

        It looks until it finds nothing: what changes after that finds out from the store that the device knows it, and
        wakes its streams. One look at a time, so that none stores what an older one has read.
        """
        async with self._turns.setdefault(device_id, asyncio.Lock()):
            known = await self._store.known_friends(device_id)
            while found := differences(known, await self._friends(device_id, known)):
                await self._store.record(device_id, found, self._clock(), self._limits.max_friends)
                known = await self._store.known_friends(device_id)
        return _now()

    async def _friends(self, device_id: str, known: Mapping[str, Friend]) -> dict[str, Friend]:
        """The friends by device id. When there are too many for a list, those come first whom the device knows."""
        listed, truncated = await self._radar.friends.all(device_id)
        friends = {friend.device_id: friend for friend in listed}
        if not truncated:
            return friends
        unlisted = [each for each, friend in known.items() if friend.level is not Level.NONE and each not in friends]
        for found in await self._radar.acquaintances.of_people(device_id, [OneDevice(each) for each in unlisted]):
            friends |= {
                each.device_id: Friend(each.device_id, each.contact_id, each.as_viewer)
                for each in found or ()
                if each.as_viewer is not Level.NONE
            }
        first = sorted(friends.values(), key=lambda friend: friend.device_id not in known)
        return {friend.device_id: friend for friend in first[: self._limits.max_friends]}


def differences(known: Mapping[str, Friend], friends: Mapping[str, Friend]) -> list[Friend]:
    """The friendships that are not as they are known, as they are now; those that are over have the level NONE.

    Of one that is over the contact id is the one that was known: it looks the same whether the other device is deleted,
    blocks, or forgets.
    """
    over = [
        friend._replace(level=Level.NONE)
        for device_id, friend in known.items()
        if friend.level is not Level.NONE and device_id not in friends
    ]
    return over + [friend for device_id, friend in friends.items() if known.get(device_id) != friend]


def _now() -> float:
    return asyncio.get_running_loop().time()
