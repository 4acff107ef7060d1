"""When upstreams are refreshed by themselves: at intervals with some jitter, and after a failure soon, then later."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import structlog

from appshare import errors
from appshare.app_download.upstreams.model import Health
from appshare.app_download.upstreams.refresh import Refresher
from appshare.app_download.upstreams.store import UpstreamStore
from appshare.process.clock import Clock

_JITTER = 0.1
"""Of the interval: clouds that were started together do not call together."""
_FIRST_RETRY = 300.0
"""Seconds after the first failure, doubled by each other one, up to the interval."""
_LEAST_WAIT = 1.0
_LONGEST_WAIT = 3600.0

_log = structlog.get_logger(__name__)

AfterRound = Callable[[], Awaitable[None]]


class Schedule:
    """Refreshes upstreams when it is time.

    Args:
        interval: seconds between two refreshes of an upstream; 0: never.
        after_round: runs after every round, whatever came of it.
    """

    def __init__(
        self, store: UpstreamStore, refresher: Refresher, clock: Clock, *, interval: float, after_round: AfterRound
    ) -> None:
        self._store = store
        self._refresher = refresher
        self._clock = clock
        self._interval = interval
        self._after_round = after_round
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """Looks again for what is due."""
        self._woken.set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Refreshes while the context is open."""
        if not self._interval:
            yield
            return
        task = asyncio.create_task(self._run())
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _run(self) -> None:
        while True:
            try:
                wait = await self._round()
            except errors.AppShareError as error:
                _log.warning("upstreams not refreshed", reason=error.reason)
                wait = _FIRST_RETRY
            self._woken.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._woken.wait()

    async def _round(self) -> float:
        """Refreshes what is due; returns in how many seconds to look again."""
        for upstream in await self._store.upstreams():
            if due(upstream.health, self._interval) <= self._clock():
                with suppress(errors.AppShareError):  # it is logged, kept and listed
                    await self._refresher.refresh(upstream.source.name)
        await self._after_round()
        ahead = [due(upstream.health, self._interval) - self._clock() for upstream in await self._store.upstreams()]
        jitter = random.uniform(0, _JITTER * self._interval)  # noqa: S311  # nothing to keep secret
        return min(max(min(ahead, default=_LONGEST_WAIT), _LEAST_WAIT), _LONGEST_WAIT) + jitter


def due(health: Health, interval: float) -> float:
    """When an upstream is to be refreshed, in seconds since the epoch."""
    if not health.failures:
        return health.checked_at + interval
    return health.checked_at + min(interval, _FIRST_RETRY * 2.0 ** min(health.failures - 1, 20))
