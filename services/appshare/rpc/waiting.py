"""How streams wait for something to happen."""

import asyncio


async def is_set_within(event: asyncio.Event, seconds: float) -> bool:
    """Waits until an event is set; False when the time is over before."""
    try:
        async with asyncio.timeout(seconds):
            return await event.wait()
    except TimeoutError:
        return False
