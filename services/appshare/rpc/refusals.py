"""What limits have refused, counted where a refusal is made: a process that passes one on does not count it again."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

from prometheus_client import Counter, Gauge

from appshare import errors

_REFUSALS = Counter("appshare_limit_refusals", "Calls that a limit has refused, by its setting.", ["limit"])
_LAST = Gauge(
    "appshare_limit_last_refusal_timestamp_seconds", "When a limit last refused a call, by its setting.", ["limit"]
)


@dataclass(frozen=True)
class Refusals:
    """What a limit has refused since the process started; the time of the last is in seconds since the epoch."""

    limit: str
    count: int
    last_time: float


def count_refusal(error: errors.AppShareError) -> None:
    """Counts an error that a call ends with, if it is a refusal by a limit of this process."""
    if isinstance(error, errors.ResourceExhaustedError) and error.limit:
        _REFUSALS.labels(error.limit).inc()
        _LAST.labels(error.limit).set(time.time())


def refusals() -> Iterator[Refusals]:
    """What each limit has refused, by name; those that have refused nothing are left out."""
    [counted], [last] = _REFUSALS.collect(), _LAST.collect()
    times = {sample.labels["limit"]: sample.value for sample in last.samples}
    for sample in sorted(counted.samples, key=lambda sample: sample.labels["limit"]):
        if sample.name.endswith("_total"):
            limit = sample.labels["limit"]
            yield Refusals(limit, int(sample.value), times.get(limit, 0.0))
