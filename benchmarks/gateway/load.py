"""Calls that run at the same time, and what they and the servers took."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import grpc

from benchmarks.served import Served

Metadata = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Target:
    """A method to call, always with the same request."""

    channel: grpc.aio.Channel
    path: str
    request: bytes
    metadata: Metadata
    processes: Mapping[str, Served]

    async def call(self) -> bytes:
        method: Any = self.channel.unary_unary(self.path)
        answer: bytes = await method(self.request, metadata=self.metadata, timeout=15.0)
        return answer


@dataclass(frozen=True)
class Load:
    """What calls took.

    Attributes:
        seconds: of each call.
        elapsed: seconds of all of them together.
        processor: seconds that each process used, by its name.
    """

    seconds: list[float]
    elapsed: float
    processor: dict[str, float]

    @property
    def per_second(self) -> float:
        return len(self.seconds) / self.elapsed


async def load(target: Target, in_flight: int, calls: int) -> Load:
    """Keeps so many calls in flight until `calls` of them are answered."""
    method: Any = target.channel.unary_unary(target.path)
    before = {name: each.processor_time() for name, each in target.processes.items()}
    seconds: list[float] = []

    async def caller() -> None:
        for _ in range(calls // in_flight):
            start = perf_counter()
            await method(target.request, metadata=target.metadata, timeout=15.0)
            seconds.append(perf_counter() - start)

    start = perf_counter()
    await asyncio.gather(*(caller() for _ in range(in_flight)))
    elapsed = perf_counter() - start
    used = {name: each.processor_time() - before[name] for name, each in target.processes.items()}
    return Load(seconds, elapsed, used)
