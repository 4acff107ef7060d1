"""A stream whose copy of the server stops goes on at another one, and nobody needs to know."""

import asyncio
import random

from appshare import errors

_LONGEST_PAUSE = 0.5
"""Seconds; drawn, so that all devices of a copy do not come to the others in one moment."""


async def moves_on(error: errors.AppShareError) -> bool:
    """Whether the stream that ended so is to be opened again now; waits for a moment when it is."""
    if error.reason is not errors.Reason.SERVICE_STOPPING:
        return False
    await asyncio.sleep(random.uniform(0.0, _LONGEST_PAUSE))  # noqa: S311  # spreads devices, keeps no secret
    return True
