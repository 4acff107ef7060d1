"""Streams have no time limit as a whole: they are over when nothing moves."""

import asyncio
import math
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import closing
from types import TracebackType
from typing import Any, TypeVar

from appshare import errors

Result = TypeVar("Result")

_END: Any = object()


class IdleLimit:
    """A context manager for one wait after the other, each of which may take `limit` seconds; None: as long as it does.

    One timer serves many waits: it looks at when the present one began, and is set anew. One for each message would
    cost about as much as all else that we do for a message of a download.

    Args:
        problem: what did not happen, for the error's message.

    Raises:
        errors.DeadlineExceededError: a wait took longer; what was awaited is cancelled.
    """

    __slots__ = ("_began", "_is_over", "_limit", "_problem", "_task", "_timer", "_were_cancelling")

    def __init__(self, limit: float | None, problem: str) -> None:
        self._limit = math.inf if limit is None else limit
        self._problem = problem
        self._timer: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[Any] | None = None
        self._were_cancelling = 0
        self._began = 0.0
        self._is_over = False

    def __enter__(self) -> None:
        loop = asyncio.get_running_loop()
        self._task = task = asyncio.current_task()
        self._were_cancelling = task.cancelling() if task else 0
        self._began = loop.time()
        if self._timer is None and self._limit < math.inf:
            self._timer = loop.call_at(self._began + self._limit, self._look)

    def __exit__(
        self, _type: type[BaseException] | None, error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        task, self._task = self._task, None
        if self._is_over and task:
            self._is_over = False
            if task.uncancel() <= self._were_cancelling and isinstance(error, asyncio.CancelledError):
                raise idle_error(self._limit, self._problem) from None

    def close(self) -> None:
        """Gives the timer up: there are no more waits."""
        if self._timer:
            self._timer.cancel()

    def _look(self) -> None:
        self._timer = None
        if self._task is None:  # the next wait sets it anew
            return
        loop, over_at = asyncio.get_running_loop(), self._began + self._limit
        if loop.time() < over_at:
            self._timer = loop.call_at(over_at, self._look)
        else:
            self._is_over = True
            self._task.cancel()


async def until_idle(
    messages: AsyncIterator[Result], limit: float | None, problem: str
) -> AsyncGenerator[Result, None]:
    """The messages, as long as each comes within `limit` seconds after the one before was taken.

    Raises:
        errors.DeadlineExceededError: one did not.
    """
    with closing(IdleLimit(limit, problem)) as idle:
        while True:
            with idle:
                message = await anext(messages, _END)
            if message is _END:
                return
            yield message


def idle_error(limit: float, problem: str) -> errors.DeadlineExceededError:
    """The error for a stream on which nothing has moved for `limit` seconds."""
    return errors.DeadlineExceededError(errors.Reason.DEADLINE_EXCEEDED, f"{problem} for {limit:g} seconds")
