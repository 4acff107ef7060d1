"""What happens here, or in another copy, and concerns the inbox streams that are open in this process."""

import asyncio
from collections import deque
from collections.abc import Collection, Iterator, Set
from contextlib import contextmanager

from appshare.bus.bus import Bus, NoBus

_INBOX, _ACKNOWLEDGED, _DELETED, _SHARES = "inbox", "inbox-acknowledged", "inbox-deleted", "shares"
"""Topics between the copies; their keys are ids of devices."""

_REMEMBERED_CHANGES = 1_024
"""Owners whose changes are told apart; what is further back counts for every owner."""


class Listener:
    """What an open stream is told of its device's inbox.

    Attributes:
        woken: set whenever the stream may have something to look at.
        acknowledged: position up to which nothing is to be delivered any more.
        outdated: what was read is to be read again before more of it is delivered.
        deleted: the device is no more.
    """

    __slots__ = ("acknowledged", "deleted", "outdated", "woken")

    def __init__(self) -> None:
        self.woken = asyncio.Event()
        self.acknowledged = 0
        self.outdated = False
        self.deleted = False


class Signals:
    """Tells inbox streams what happens to their inboxes, and to the shares that they have read.

    Streams may be told of what did not happen; it costs them a look at the database. What happens in this process they
    are told for certain, and when it is alone that is all that happens. What happens in other copies comes a moment
    later, and may be lost: then the streams look by themselves, now and then, or when the bus is back.

    Args:
        bus: to the other copies; None: there are none.
    """

    def __init__(self, bus: Bus | None = None) -> None:
        self._bus = bus or NoBus()
        self._bus.subscribe(_INBOX, self._wake_here)
        self._bus.subscribe(_ACKNOWLEDGED, self._outdate_here)
        self._bus.subscribe(_DELETED, self._delete_here)
        self._bus.subscribe(_SHARES, self._change_here)
        self._listeners: dict[str, set[Listener]] = {}
        self._changed_owners: deque[str] = deque(maxlen=_REMEMBERED_CHANGES)
        self._changes = 0

    @contextmanager
    def listening(self, device_id: str) -> Iterator[Listener]:
        """What a stream of the device is told while the context is open."""
        listener = Listener()
        self._listeners.setdefault(device_id, set()).add(listener)
        try:
            yield listener
        finally:
            self._listeners[device_id].discard(listener)
            if not self._listeners[device_id]:
                del self._listeners[device_id]

    def wake(self, device_ids: Collection[str]) -> None:
        """Says that the inboxes of devices may have got events."""
        self._bus.publish(_INBOX, device_ids)
        self._wake_here(device_ids)

    def acknowledged(self, device_id: str, through: int) -> None:
        """Says that a device has acknowledged events, so that none of its streams delivers them."""
        self._bus.publish(_ACKNOWLEDGED, [device_id])
        for listener in self._listeners.get(device_id, ()):
            listener.acknowledged = max(listener.acknowledged, through)

    def deleted(self, device_ids: Collection[str]) -> None:
        """Ends the streams of devices that are no more."""
        self._bus.publish(_DELETED, device_ids)
        self._delete_here(device_ids)

    def changed(self, owner_id: str) -> None:
        """Says that what a device shares, or has pushed, may not be what it was."""
        self._bus.publish(_SHARES, [owner_id])
        self._change_here([owner_id])

    @contextmanager
    def changing(self, owner_id: str) -> Iterator[None]:
        """Says so when the context ends, whatever comes of it: what a cancelled call did may be done all the same."""
        try:
            yield
        finally:
            self.changed(owner_id)

    @property
    def changes(self) -> int:
        """How many changes there have been."""
        return self._changes

    def has_changed(self, owner_id: str, since: int) -> bool:
        """Whether what a device shares or has pushed may have changed since there were so many changes."""
        count = self._changes - since
        if count > _REMEMBERED_CHANGES:
            return True
        newest = min(count, len(self._changed_owners))
        return any(self._changed_owners[-age] == owner_id for age in range(1, newest + 1))

    def _wake_here(self, device_ids: Collection[str] | None) -> None:
        for listener in self._of(device_ids):
            listener.woken.set()

    def _outdate_here(self, device_ids: Set[str] | None) -> None:
        for listener in self._of(device_ids):
            listener.outdated = True

    def _delete_here(self, device_ids: Collection[str] | None) -> None:
        if device_ids is None:
            return  # the inbox does not know who is registered; who opened the stream does
        for listener in self._of(device_ids):
            listener.deleted = True
            listener.woken.set()

    def _change_here(self, owner_ids: Collection[str] | None) -> None:
        if owner_ids is None:
            self._changes += _REMEMBERED_CHANGES + 1
            self._changed_owners.clear()
            return
        self._changes += len(owner_ids)
        self._changed_owners.extend(owner_ids)

    def _of(self, device_ids: Collection[str] | None) -> Iterator[Listener]:
        """The listeners of devices; of all for None."""
        for device_id in self._listeners if device_ids is None else device_ids:
            yield from self._listeners.get(device_id, ())
