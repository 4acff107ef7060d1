"""Who watches their friendships, in this process."""

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import contextmanager


class Wakeups:
    """Wakes the streams of devices.

    The database holds the truth: a wake-up that is lost costs a stream time, and no change.
    """

    def __init__(self) -> None:
        self._waiting: dict[str, set[asyncio.Event]] = {}
        self._closed = False

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
        """Whether any stream is open."""
        return bool(self._waiting)

    def wake(self, device_ids: Iterable[str]) -> None:
        """Sets the events of the streams of the devices."""
        for device_id in device_ids:
            for event in self._waiting.get(device_id, ()):
                event.set()

    @property
    def closed(self) -> bool:
        """Whether the process is about to stop."""
        return self._closed

    def close(self) -> None:
        """Wakes every stream, so that it ends."""
        self._closed = True
        self.wake(self._waiting)
