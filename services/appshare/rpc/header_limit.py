"""How many headers a call carries."""

import grpc

from appshare import errors
from appshare.rpc.watch import Call


class HeaderLimit:
    """Refuses calls with more headers than any client has use for; their size is gRPC's to bound.

    Args:
        at_most: headers of a call, its own and those that gRPC libraries add.
    """

    def __init__(self, at_most: int) -> None:
        self._at_most = at_most

    def begin(self, call: Call) -> None:
        """Counts the headers.

        Raises:
            errors.ResourceExhaustedError: LIMIT_EXCEEDED.
        """
        if call.headers > self._at_most:
            raise errors.ResourceExhaustedError(
                errors.Reason.LIMIT_EXCEEDED,
                f"a call may carry {self._at_most} headers, this one has more",
                limit="headers",
            )

    def end(self, _call: Call, _code: grpc.StatusCode) -> None:
        """Nothing to do."""
