"""A stream whose copy of the server stops goes on at another one, and nobody needs to know."""

import asyncio
import random
import time

from appshare import errors

_LONGEST_PAUSE = 0.5
"""Seconds; drawn, so that all devices of a copy do not come to the others in one moment."""

_SETTLED = 5.0
"""Seconds after which a copy that stops takes no connections any more, and everybody has heard of it."""


class Moving:
    """Tells a stream that moves to another copy from one whose connection is lost."""

    def __init__(self) -> None:
        self._until = 0.0

    async def goes_on(self, error: errors.AppShareError) -> bool:
        """Whether a stream that ended so is to be opened again now; waits for a moment when it is.

        A copy that stops may still take connections and drop them: what is lost soon after a move is part of it.
        """
        if error.reason is errors.Reason.SERVICE_STOPPING:
            self._until = time.monotonic() + _SETTLED
        elif time.monotonic() > self._until:
            return False
        await asyncio.sleep(random.uniform(0.0, _LONGEST_PAUSE))  # noqa: S311  # spreads devices, keeps no secret
        return True
