"""Whose friendships a change may concern: the streams of these devices are woken."""

from collections.abc import Collection
from contextlib import suppress

from appshare import errors
from appshare.relation_radar.friendship import FriendshipRule
from appshare.relation_radar.friendship_change_store import FriendshipChangeStore
from appshare.relation_radar.model import Device, NumberKey, Rule
from appshare.relation_radar.store import RadarStore
from appshare.relation_radar.wakeups import Wakeups

_MAX_SHARING = 2_000
"""Devices that are woken because they share contacts with one that has changed."""


async def nobody_watches(_device_id: str) -> None:
    """In the place of `FriendshipSignals.device_changed`, where nobody watches."""


class FriendshipSignals:
    """Wakes the streams of friendship changes that a change may concern.

    Nothing is looked for while no stream is open. A wake-up that cannot be given is lost, and what has changed is
    stored all the same: a stream looks by itself now and then.
    """

    def __init__(
        self,
        store: RadarStore,
        changes: FriendshipChangeStore,
        rule: FriendshipRule,
        hub_limit: int,
        wakeups: Wakeups,
    ) -> None:
        self._store = store
        self._changes = changes
        self._rule = rule
        self._hub_limit = hub_limit
        self._wakeups = wakeups

    async def device_changed(self, device_id: str) -> None:
        """Says that a device has come, has another book, or is gone; for whoever changes one, when that is stored."""
        if self._wakeups.anybody:
            with suppress(errors.UnavailableError):
                device = await self._store.find_device(device_id)
                viewers = await self._viewers(device) if device else []
                self._wakeups.wake([device_id, *viewers, *await self._changes.knowing(device_id)])

    async def numbers_changed(self, numbers: Collection[NumberKey]) -> None:
        """Says that something has changed between the people with these numbers."""
        if self._wakeups.anybody:
            with suppress(errors.UnavailableError):
                devices = await self._store.devices_with_numbers(numbers)
                self._wakeups.wake([device.device_id for device in devices])

    async def _viewers(self, owner: Device) -> list[str]:
        """The devices that may see a device as a friend now: those that it lists, unless shared contacts decide."""
        if self._rule.rule is Rule.SHARED_CONTACTS:
            devices = await self._store.devices_sharing(
                owner, self._rule.shared_contacts, self._hub_limit, _MAX_SHARING
            )
        else:
            book = await self._store.book(owner)
            devices = await self._store.devices_with_numbers(book.numbers | {owner.number_key})
        return [device.device_id for device in devices]
