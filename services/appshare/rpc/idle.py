"""Streams have no time limit as a whole: they are over when nothing moves."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable
from typing import Any, TypeVar

from appshare import errors

Result = TypeVar("Result")

_END: Any = object()


async def within(limit: float | None, action: Awaitable[Result], problem: str) -> Result:
    """What the action gives within `limit` seconds; None: whenever.

    Args:
        problem: what did not happen, for the error's message.

    Raises:
        errors.DeadlineExceededError: it took longer; the action is cancelled.
    """
    if limit is None:
        return await action
    try:
        async with asyncio.timeout(limit) as timeout:
            return await action
    except TimeoutError:
        if not timeout.expired():
            raise
        raise idle_error(limit, problem) from None


async def until_idle(
    messages: AsyncIterator[Result], limit: float | None, problem: str
) -> AsyncGenerator[Result, None]:
    """The messages, as long as each comes within `limit` seconds after the one before was taken.

    Raises:
        errors.DeadlineExceededError: one did not.
    """
    while (message := await within(limit, anext(messages, _END), problem)) is not _END:
        yield message


def idle_error(limit: float, problem: str) -> errors.DeadlineExceededError:
    """The error for a stream on which nothing has moved for `limit` seconds."""
    return errors.DeadlineExceededError(errors.Reason.DEADLINE_EXCEEDED, f"{problem} for {limit:g} seconds")
