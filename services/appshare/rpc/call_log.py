"""Calls that end well, in the log: a watch of its own, which only a process has that tells of them."""

import grpc
import structlog

from appshare.rpc.watch import Call

_log = structlog.get_logger(__name__)


class CallLog:
    """Tells of calls that end well; every other one is told of with its reason."""

    def begin(self, call: Call) -> None:
        """Nothing to do."""

    def end(self, call: Call, code: grpc.StatusCode) -> None:
        """Tells how long the call took."""
        if code is grpc.StatusCode.OK:
            _log.debug("call", code=code.name, ms=call.elapsed_ms)
