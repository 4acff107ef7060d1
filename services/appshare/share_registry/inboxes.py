"""Inboxes: what waits for a device, delivered until the device acknowledges it."""

import asyncio
import math
import random
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager, suppress

from appshare import errors
from appshare.process.clock import Clock
from appshare.rpc.waiting import is_set_within
from appshare.share_registry.model import (
    Heartbeat,
    InboxEvent,
    InboxGap,
    InboxPage,
    Install,
    Level,
    SharesPushed,
)
from appshare.share_registry.signals import Listener, Signals
from appshare.share_registry.store import RegistryStore
from appshare.share_registry.visibility import keys_held

LOOK = 300.0
"""Seconds after which an idle stream looks for what it was not told of, where there are other copies."""

_STREAM_PAGE = 50
"""Events that a stream holds at a time."""

_PAGE_SHARES = 2_000
"""Shares that a page holds, unless a single event has more."""

_INBOXES_AT_A_TIME = 100
"""Inboxes that are trimmed in one change."""

_FRESH = 5.0
"""Seconds after which what is left of a page is read again: of what has happened elsewhere, word may be lost."""

_TRIM_INTERVAL = 3600.0
"""Seconds between looking for events that are too old."""


class Inboxes:
    """Reads, streams and acknowledges the events of devices.

    Args:
        heartbeat: seconds after which an idle stream carries a heartbeat.
        max_age: seconds after which an event that is not acknowledged is gone.
        look: seconds after which an idle stream looks for events that it was not woken for: word of another copy may
            be lost. None: there is no other copy.
    """

    def __init__(
        self,
        store: RegistryStore,
        signals: Signals,
        clock: Clock,
        heartbeat: float,
        max_age: float,
        look: float | None = None,
    ) -> None:
        self._store = store
        self._signals = signals
        self._clock = clock
        self._heartbeat = heartbeat
        self._max_age = max_age
        self._look = look

    async def stream(self, device_id: str) -> AsyncGenerator[InboxEvent | Heartbeat, None]:
        """The events that are not acknowledged, oldest first, then new ones; heartbeats first and when idle.

        Raises:
            errors.NotFoundError: DEVICE_NOT_FOUND, when the device is deleted.
        """
        with self._signals.listening(device_id) as listener:
            yield Heartbeat(await self._store.head(device_id))
            position = 0
            while True:
                self._require_open(listener)
                listener.woken.clear()  # before reading: what comes in meanwhile sets it again
                listener.outdated = False
                changes, old_at = self._signals.changes, _now() + _FRESH
                page = await self._page(device_id, position, _STREAM_PAGE)
                for event in page.events:
                    self._require_open(listener)
                    if listener.outdated or _now() > old_at or self._is_stale(event, changes):
                        break  # the rest of the page may hold what has been taken back since it was read
                    if event.position > listener.acknowledged:
                        yield event
                    position = event.position
                else:
                    position = page.through
                    if not page.more:
                        look_at = self._next_look()
                        while not await is_set_within(listener.woken, self._heartbeat) and _now() < look_at:
                            yield Heartbeat(page.head)

    async def read(self, device_id: str, after: int, limit: int) -> tuple[tuple[InboxEvent, ...], int]:
        """Events behind a position, oldest first, and the head of the inbox.

        There can be fewer than `limit` though more wait; there is none only when none waits.
        """
        page = await self._page(device_id, after, limit)
        while page.more and not page.events:
            page = await self._page(device_id, page.through, limit)
        return page.events, page.head

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
        self._signals.acknowledged(device_id, through)

    async def trim(self) -> None:
        """Puts gaps in the place of all events that are too old."""
        now = self._clock()
        before, after = now - self._max_age, ""
        while device_ids := await self._store.inboxes_with_events(before, after, _INBOXES_AT_A_TIME):
            async with self._store.change() as change:
                await change.trim_inboxes(device_ids, before, now)
            after = device_ids[-1]

    @asynccontextmanager
    async def trimming(self) -> AsyncIterator[None]:
        """Trims now and then while the context is open."""

        async def keep_trimming() -> None:
            while True:
                with suppress(errors.UnavailableError):  # what troubles the disk is over by the next time, or told
                    await self.trim()
                await asyncio.sleep(_TRIM_INTERVAL)

        trimming = asyncio.create_task(keep_trimming())
        try:
            yield
        finally:
            trimming.cancel()
            await asyncio.wait([trimming])

    def _next_look(self) -> float:
        """When an idle stream looks by itself; drawn, so that those that were woken together look apart."""
        return math.inf if self._look is None else _now() + self._look * random.uniform(0.5, 1)  # noqa: S311

    def _require_open(self, listener: Listener) -> None:
        if listener.deleted:
            raise errors.NotFoundError(errors.Reason.DEVICE_NOT_FOUND, "the device is deleted; register it again")

    def _is_stale(self, event: InboxEvent, changes: int) -> bool:
        """Whether an event may not be any more what it was when there had been so many changes."""
        match event.content:
            case SharesPushed(sender_id) | Install(sender_id):
                return self._signals.has_changed(sender_id, changes)
            case InboxGap():
                return False

    async def _page(self, device_id: str, after: int, limit: int) -> InboxPage:
        """A page as it may be delivered now: with the levels as they were pushed, and audiences as they are."""
        keys = {level: keys_held(device_id, level) for level in Level}
        return await self._store.inbox_page(device_id, keys, after, limit, _PAGE_SHARES)


def _now() -> float:
    return asyncio.get_running_loop().time()
