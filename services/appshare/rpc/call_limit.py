"""How many calls a server answers at the same time."""

from datetime import timedelta

import grpc

from appshare import errors
from appshare.rpc.watch import Call

_COME_BACK = timedelta(seconds=1)


class CallLimit:
    """Refuses calls beyond a number at once, instead of letting all of them wait; health is always told.

    Args:
        at_most: how many may run at once, streams included.
    """

    def __init__(self, at_most: int) -> None:
        self._at_most = at_most
        self._running = 0

    def begin(self, call: Call) -> None:
        """Counts the call.

        Raises:
            errors.ResourceExhaustedError: LIMIT_EXCEEDED, with when to come back.
        """
        if self._running >= self._at_most and not call.is_health_check:
            raise errors.ResourceExhaustedError(
                errors.Reason.LIMIT_EXCEEDED,
                "the server is busy; try again shortly",
                retry_after=_COME_BACK,
                limit="max_calls",
            )
        self._running += 1

    def end(self, _call: Call, _code: grpc.StatusCode) -> None:
        """Gives the place free."""
        self._running -= 1
