"""How streams wait for something to happen, and end when their service stops."""

import asyncio
from datetime import timedelta

from appshare import errors


async def is_set_within(event: asyncio.Event, seconds: float) -> bool:
    """Waits until an event is set; False when the time is over before."""
    try:
        async with asyncio.timeout(seconds):
            return await event.wait()
    except TimeoutError:
        return False


def stopping() -> errors.UnavailableError:
    """The end of a stream when the process stops."""
    return errors.UnavailableError(
        errors.Reason.SERVICE_UNAVAILABLE,
        "the service stops; open the stream again shortly",
        retry_after=timedelta(seconds=1),
    )
