"""Calls as Prometheus counts them. A label is a method of the contract or a status, never what a caller chose."""

from functools import cache

import grpc
from prometheus_client import Counter, Gauge, Histogram

from appshare.rpc.watch import Call

_CALLS = Counter("appshare_calls", "Calls that have ended, by method and status.", ["method", "code"])
_SECONDS = Histogram(
    "appshare_call_seconds",
    "Duration of calls by method; of streams until their end.",
    ["method"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
_RUNNING = Gauge("appshare_calls_running", "Calls that run now, streams included, by method.", ["method"])


class CallMetrics:
    """Counts calls, how they end, how long they take, and how many run."""

    def begin(self, call: Call) -> None:
        """One more runs."""
        _running(call.method).inc()

    def end(self, call: Call, code: grpc.StatusCode) -> None:
        """One fewer runs."""
        _running(call.method).dec()
        _calls(call.method, code).inc()
        _seconds(call.method).observe(call.elapsed)


# What a metric has under its labels is looked up for each call: kept at hand, that costs a fraction. There are no more
# of them than methods and statuses.


@cache
def _running(method: str) -> Gauge:
    return _RUNNING.labels(method)


@cache
def _calls(method: str, code: grpc.StatusCode) -> Counter:
    return _CALLS.labels(method, code.name)


@cache
def _seconds(method: str) -> Histogram:
    return _SECONDS.labels(method)
