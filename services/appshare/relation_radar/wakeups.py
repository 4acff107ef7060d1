"""Who watches their friendships, here and in the other copies."""

import asyncio
from collections.abc import Collection, Iterator
from contextlib import contextmanager

from appshare.bus.bus import Bus, NoBus

_FRIENDSHIPS = "friendships"
"""The topic between the copies; its keys are ids of devices."""


class Wakeups:
    """Wakes the streams of devices.

    The database holds the truth: a wake-up that is lost costs a stream time, and no change.

    Args:
        bus: to the other copies; None: there are none.
    """

    def __init__(self, bus: Bus | None = None) -> None:
        self._bus = bus or NoBus()
        self._bus.subscribe(_FRIENDSHIPS, self._wake_here)
        self._waiting: dict[str, set[asyncio.Event]] = {}

    @contextmanager
    def listening(self, device_id: str) -> Iterator[asyncio.Event]:
        """An event that is set whenever there may be something for the streams of the device."""
        event = asyncio.Event()
        self._waiting.setdefault(device_id, set()).add(event)
        try:
            yield event
        finally:
            self._waiting[device_id].discard(event)
            if not self._waiting[device_id]:
                del self._waiting[device_id]

    @property
    def anybody(self) -> bool:
        """Whether any stream is open, or may be in another copy."""
        return bool(self._waiting) or not self._bus.is_alone

    def wake(self, device_ids: Collection[str]) -> None:
        """Sets the events of the streams of the devices."""
        self._bus.publish(_FRIENDSHIPS, device_ids)
        self._wake_here(device_ids)

    def _wake_here(self, device_ids: Collection[str] | None) -> None:
        for device_id in self._waiting if device_ids is None else device_ids:
            for event in self._waiting.get(device_id, ()):
                event.set()
