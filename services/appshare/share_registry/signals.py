"""What happens in this process and concerns the inbox streams that are open in it."""

import asyncio
from collections import deque
from collections.abc import Collection, Iterator
from contextlib import contextmanager

_REMEMBERED_CHANGES = 1_024
"""Owners whose changes are told apart; what is further back counts for every owner."""


class Listener:
    """What an open stream is told of its device's inbox.

    Attributes:
        woken: set whenever the stream may have something to look at.
        acknowledged: position up to which nothing is to be delivered any more.
        deleted: the device is no more.
    """

    __slots__ = ("acknowledged", "deleted", "woken")

    def __init__(self) -> None:
        self.woken = asyncio.Event()
        self.acknowledged = 0
        self.deleted = False


class Signals:
    """Tells inbox streams what happens to their inboxes, and to the shares that they have read.

    Only this process changes the database, whose folder it locks: what streams are told here is all that happens. They
    may be told of what did not happen; it costs them a look at the database.
    """

    def __init__(self) -> None:
        self._listeners: dict[str, set[Listener]] = {}
        self._changed_owners: deque[str] = deque(maxlen=_REMEMBERED_CHANGES)
        self._changes = 0
        self._closed = False

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
        for device_id in device_ids:
            for listener in self._listeners.get(device_id, ()):
                listener.woken.set()

    def acknowledged(self, device_id: str, through: int) -> None:
        """Says that a device has acknowledged events, so that none of its streams delivers them."""
        for listener in self._listeners.get(device_id, ()):
            listener.acknowledged = max(listener.acknowledged, through)

    def deleted(self, device_ids: Collection[str]) -> None:
        """Ends the streams of devices that are no more."""
        for device_id in device_ids:
            for listener in self._listeners.get(device_id, ()):
                listener.deleted = True
                listener.woken.set()

    def changed(self, owner_id: str) -> None:
        """Says that what a device shares, or has pushed, may not be what it was."""
        self._changes += 1
        self._changed_owners.append(owner_id)

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
        return any(self._changed_owners[-age] == owner_id for age in range(1, count + 1))

    @property
    def closed(self) -> bool:
        """Whether the process is about to stop."""
        return self._closed

    def close(self) -> None:
        """Wakes every stream, so that it ends."""
        self._closed = True
        for listeners in self._listeners.values():
            for listener in listeners:
                listener.woken.set()
