"""How much waits in inboxes, for metrics and the operator's status: measured now and then, not whenever one looks."""

import asyncio
from contextlib import suppress

from appshare import errors
from appshare.process.clock import Clock
from appshare.share_registry.metrics import LAG, WAITING
from appshare.share_registry.store import RegistryStore

_INTERVAL = 30.0
"""Seconds; a million events take some 50 ms to count."""


async def measure(store: RegistryStore, clock: Clock) -> None:
    """Sets the gauges to what waits now."""
    waiting = await store.waiting_events()
    WAITING.set(waiting.count)
    LAG.set(0 if waiting.oldest is None else max(0, clock() - waiting.oldest))


async def keep_measuring(store: RegistryStore, clock: Clock) -> None:
    """Measures until it is cancelled."""
    while True:
        with suppress(errors.UnavailableError):  # what troubles the disk is over by the next time, or told
            await measure(store, clock)
        await asyncio.sleep(_INTERVAL)
