"""Inboxes: what waits for a device, delivered until the device acknowledges it."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import timedelta

from appshare import errors
from appshare.share_registry.model import Heartbeat, InboxEvent, InboxPage, Level
from appshare.share_registry.signals import Signals
from appshare.share_registry.store import RegistryStore
from appshare.share_registry.visibility import keys_held

_STREAM_PAGE = 50
"""Events that a stream holds at a time."""

_PAGE_SHARES = 2_000
"""Shares that a page holds, unless a single event has more."""


class Inboxes:
    """Reads, streams and acknowledges the events of devices.

    Args:
        heartbeat: seconds after which an idle stream carries a heartbeat.
    """

    def __init__(self, store: RegistryStore, signals: Signals, heartbeat: float) -> None:
        self._store = store
        self._signals = signals
        self._heartbeat = heartbeat

    async def stream(self, device_id: str) -> AsyncGenerator[InboxEvent | Heartbeat, None]:
        """The events that are not acknowledged, oldest first, then new ones; heartbeats first and when idle.

        Raises:
            errors.UnavailableError: SERVICE_UNAVAILABLE, when the process stops.
        """
        with self._signals.listening(device_id) as woken:
            yield Heartbeat(await self._store.head(device_id))
            position = 0
            while not self._signals.closed:
                woken.clear()  # before reading: what comes in meanwhile sets it again
                page = await self._page(device_id, position, _STREAM_PAGE)
                share_changes = self._signals.share_changes
                for event in page.events:
                    yield event
                    position = event.position
                    if self._signals.share_changes != share_changes:
                        break  # the rest of the page may hold what has been taken back since
                else:
                    position = page.through
                    if not page.more and not await _is_set_within(woken, self._heartbeat):
                        yield Heartbeat(await self._store.head(device_id))
        raise errors.UnavailableError(
            errors.Reason.SERVICE_UNAVAILABLE,
            "the service stops; open the stream again shortly",
            retry_after=timedelta(seconds=1),
        )

    async def read(self, device_id: str, after: int, limit: int) -> tuple[tuple[InboxEvent, ...], int]:
        """Events behind a position, oldest first, and the head of the inbox.

        There can be fewer than `limit` though more wait; there is none only when none waits.
        """
        page = await self._page(device_id, after, limit)
        while page.more and not page.events:
            page = await self._page(device_id, page.through, limit)
        return page.events, await self._store.head(device_id)

    async def acknowledge(self, device_id: str, through: int) -> None:
        """Ends the delivery of every event up to a position; less than before changes nothing.

        Raises:
            errors.OutOfRangeError: POSITION_AHEAD, when no event has had that position yet.
        """
        async with self._store.change() as change:
            head = await change.head(device_id)
            if through > head:
                raise errors.OutOfRangeError(
                    errors.Reason.POSITION_AHEAD, f"the newest event is at position {head}", field="through_position"
                )
            await change.remove_events(device_id, through)

    async def _page(self, device_id: str, after: int, limit: int) -> InboxPage:
        """A page as it may be delivered now: with the levels as they were pushed, and audiences as they are."""
        keys = {level: keys_held(device_id, level) for level in Level}
        return await self._store.inbox_page(device_id, keys, after, limit, _PAGE_SHARES)


async def _is_set_within(event: asyncio.Event, seconds: float) -> bool:
    try:
        async with asyncio.timeout(seconds):
            return await event.wait()
    except TimeoutError:
        return False
