"""What looks at every call of a server as it begins and ends: limits, metrics, traces, who the peer is."""

import time
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

import grpc

Context: TypeAlias = grpc.aio.ServicerContext[Any, Any]

HEALTH_PREFIX = "/grpc.health."
"""How the methods begin by which a process is asked whether it serves."""


@dataclass(slots=True)
class Call:
    """A call while it runs.

    Attributes:
        method: its full name, "/package.Service/Method".
        metadata: what came with it, by key.
        headers: how many came, of which several may have one key.
        started: on the monotonic clock, in seconds.
        notes: what a watch keeps from the call's begin to its end, by the watch.
    """

    method: str
    context: Context
    metadata: dict[str, Any]
    headers: int
    started: float = field(default_factory=time.monotonic)
    notes: dict[object, Any] = field(default_factory=dict)

    @property
    def elapsed(self) -> float:
        """Seconds since it began."""
        return time.monotonic() - self.started

    @property
    def elapsed_ms(self) -> float:
        """The same in milliseconds, as a log tells it."""
        return round(self.elapsed * 1000, 1)

    @property
    def is_health_check(self) -> bool:
        """Whether it only asks how the process is."""
        return self.method.startswith(HEALTH_PREFIX)


class CallWatch(Protocol):
    """Sees every call of a server, also one that is refused. Both methods are on every call's way: they are quick."""

    def begin(self, call: Call) -> None:
        """The call begins; an `errors.AppShareError` refuses it."""

    def end(self, call: Call, code: grpc.StatusCode) -> None:
        """The call has ended, and how; only told of calls that this watch has let begin."""
