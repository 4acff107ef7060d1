"""Who did what as an operator: every call is in the log with the name of its operator."""

import grpc
import structlog

from appshare.gateway.authentication import calling_operator_or_none
from appshare.rpc.watch import Call

_log = structlog.get_logger(__name__)


class OperatorCalls:
    """Writes the operator into every line that is logged for a call, and a line for each call that went well."""

    def begin(self, _call: Call) -> None:
        """Says for the lines of this call whose it is."""
        operator = calling_operator_or_none()
        if operator:
            structlog.contextvars.bind_contextvars(operator=operator)

    def end(self, call: Call, code: grpc.StatusCode) -> None:
        """Tells of a call that went well; of another the log tells by itself."""
        if code is grpc.StatusCode.OK and calling_operator_or_none():
            _log.info("operator_call", ms=round(call.elapsed * 1000, 1))
