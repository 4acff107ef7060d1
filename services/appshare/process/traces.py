"""Traces across the processes, sent by OTLP: off until an endpoint is named; needs the extra `traces`."""

import importlib.util
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from appshare.rpc.watch import CallWatch

_NEEDED = ("opentelemetry.sdk", "opentelemetry.exporter.otlp.proto.grpc")


def require_traces() -> None:
    """Refuses to trace without the packages for it.

    Raises:
        OSError: with what to install.
    """
    try:
        is_missing = any(importlib.util.find_spec(name) is None for name in _NEEDED)
    except ModuleNotFoundError:
        is_missing = True
    if is_missing:
        raise OSError("--otlp-endpoint needs OpenTelemetry: pip install 'appshare[traces]', or leave the setting out")


def trace_watches(endpoint: str) -> Sequence[CallWatch]:
    """What makes a span of each call; nothing without an endpoint.

    Raises:
        OSError: the packages for it are missing.
    """
    if not endpoint:
        return ()
    require_traces()
    from opentelemetry import trace  # noqa: PLC0415  # an extra that few install

    from appshare.rpc.call_traces import CallTraces  # noqa: PLC0415  # needs the extra

    return (CallTraces(trace.get_tracer("appshare")),)


@contextmanager
def exported_traces(service: str, endpoint: str) -> Iterator[None]:
    """Sends the spans of the process to `endpoint`, a URL, while the context is open; empty: there are none.

    Raises:
        OSError: the packages for it are missing.
    """
    if not endpoint:
        yield
        return
    require_traces()
    from opentelemetry import trace  # noqa: PLC0415  # an extra that few install
    from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter  # noqa: PLC0415
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

    # Only what is said here: by itself the library would add the command line of the process.
    provider = TracerProvider(resource=Resource({"service.namespace": "appshare", "service.name": service}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint)))
    trace.set_tracer_provider(provider)
    try:
        yield
    finally:
        provider.shutdown()
