"""How long calls wait for their one message: one timer for all of them."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from appshare.rpc.idle import idle_error

Result = TypeVar("Result")


class _Waiting:
    """A task that waits; `until` is on the clock of the event loop, `cancelled_before` how often that was asked."""

    __slots__ = ("cancelled_before", "is_over", "task", "until")

    def __init__(self, task: "asyncio.Task[object]", until: float) -> None:
        self.task = task
        self.until = until
        self.cancelled_before = task.cancelling()
        self.is_over = False


class Arrivals:
    """Waits for what must come within the same time at every call.

    A message is nearly always there at once, and a timer of its own for each, set and taken back, would cost every call
    as much as its metrics do. All wait equally long, so who waits longest is first, and one timer is for that one.

    Args:
        limit: seconds; None: nothing is over.
    """

    def __init__(self, limit: float | None) -> None:
        self._limit = limit
        self._waiting: dict[_Waiting, None] = {}
        self._timer: asyncio.TimerHandle | None = None

    async def wait(self, arrival: Awaitable[Result], problem: str) -> Result:
        """What arrives.

        Args:
            problem: what did not happen, for the error's message.

        Raises:
            errors.DeadlineExceededError: it did not within the limit; its waiting is cancelled.
        """
        task = asyncio.current_task()
        if self._limit is None or task is None:
            return await arrival
        waiting = self._begin(task, self._limit)
        try:
            return await arrival
        except asyncio.CancelledError:
            # Given up by the caller as well, it is cancelled more often than by us.
            if waiting.is_over and task.uncancel() <= waiting.cancelled_before:
                raise idle_error(self._limit, problem) from None
            raise
        finally:
            del self._waiting[waiting]

    def _begin(self, task: "asyncio.Task[object]", limit: float) -> _Waiting:
        loop = asyncio.get_running_loop()
        waiting = _Waiting(task, loop.time() + limit)
        self._waiting[waiting] = None
        if self._timer is None:
            self._timer = loop.call_at(waiting.until, self._end_overdue)
        return waiting

    def _end_overdue(self) -> None:
        loop = asyncio.get_running_loop()
        now = loop.time()
        first = None
        for waiting in self._waiting:
            if waiting.is_over:
                continue
            if waiting.until > now:
                first = waiting
                break
            waiting.is_over = True
            waiting.task.cancel()
        self._timer = loop.call_at(first.until, self._end_overdue) if first else None
