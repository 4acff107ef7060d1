"""A span for every call, joined to that of the caller by W3C Trace Context. Needs the extra `traces`."""

import grpc
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, Tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from appshare.rpc.carried import carried, carry
from appshare.rpc.watch import Call

_PROPAGATOR = TraceContextTextMapPropagator()
_TRACE_KEYS = ("traceparent",)
"""What is taken over from a caller; other keys of the standard could carry anything."""


class CallTraces:
    """Makes a span of each call, named by the method and with its status, and hands its id on to the next hop."""

    def __init__(self, tracer: Tracer) -> None:
        self._tracer = tracer

    def begin(self, call: Call) -> None:
        """Starts the span."""
        came = {key: str(call.metadata[key]) for key in _TRACE_KEYS if key in call.metadata}
        span = self._tracer.start_span(
            call.method.lstrip("/"),
            context=_PROPAGATOR.extract(came),
            kind=SpanKind.SERVER,
            attributes={"rpc.system": "grpc", "rpc.method": call.method.lstrip("/")},
        )
        call.notes[self] = span
        identity = span.get_span_context()
        goes = f"00-{identity.trace_id:032x}-{identity.span_id:016x}-{identity.trace_flags:02x}"
        carry((*carried(), ("traceparent", goes)))

    def end(self, call: Call, code: grpc.StatusCode) -> None:
        """Ends the span."""
        span: Span = call.notes.pop(self)
        span.set_attribute("rpc.grpc.status_code", code.value[0])
        if code is not grpc.StatusCode.OK:
            span.set_status(Status(StatusCode.ERROR, code.name))
        span.end()
