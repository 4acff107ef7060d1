"""A stream whose copy of the server stops goes on at another one, and nobody needs to know."""

import asyncio
import random

from appshare import errors

_LONGEST_PAUSE = 0.5
"""Seconds; drawn, so that all devices of a copy do not come to the others in one moment."""


class Moving:
    """Tells a stream that moves to another copy from one whose connection is lost."""

    def __init__(self) -> None:
        self._is_moving = False

    async def goes_on(self, error: errors.AppShareError) -> bool:
        """Whether a stream that ended so is to be opened again now; waits for a moment when it is.

        A copy that stops may still take the next connection and drop it: the first loss after a move is part of it.
        """
        stops = error.reason is errors.Reason.SERVICE_STOPPING
        if not stops and not self._is_moving:
            return False
        self._is_moving = stops
        await asyncio.sleep(random.uniform(0.0, _LONGEST_PAUSE))  # noqa: S311  # spreads devices, keeps no secret
        return True
