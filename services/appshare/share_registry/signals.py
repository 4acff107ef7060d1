"""What happens in this process and concerns the inbox streams that are open in it."""

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import contextmanager


class Signals:
    """Wakes inbox streams, and counts changes of shares so that they notice what is no longer as they have read it.

    The database holds the truth: a signal that is lost, or given in another process, costs a stream one heartbeat.
    """

    def __init__(self) -> None:
        self._waiting: dict[str, set[asyncio.Event]] = {}
        self._share_changes = 0
        self._closed = False

    @contextmanager
    def listening(self, device_id: str) -> Iterator[asyncio.Event]:
        """An event that is set whenever the inbox of the device may have got something."""
        event = asyncio.Event()
        self._waiting.setdefault(device_id, set()).add(event)
        try:
            yield event
        finally:
            self._waiting[device_id].discard(event)
            if not self._waiting[device_id]:
                del self._waiting[device_id]

    def wake(self, device_ids: Iterable[str]) -> None:
        """Sets the events of the streams of the devices."""
        for device_id in device_ids:
            for event in self._waiting.get(device_id, ()):
                event.set()

    @property
    def share_changes(self) -> int:
        """Grows whenever an inventory or an audience changes."""
        return self._share_changes

    def shares_changed(self) -> None:
        """Says that an inventory or an audience has changed."""
        self._share_changes += 1

    @property
    def closed(self) -> bool:
        """Whether the process is about to stop."""
        return self._closed

    def close(self) -> None:
        """Wakes every stream, so that it ends."""
        self._closed = True
        self.wake(self._waiting)
