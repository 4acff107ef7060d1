"""Calls that run at the same time, and what they and the servers took."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median, quantiles
from time import perf_counter, process_time
from typing import Any

import grpc

from benchmarks.served import Served, machine_time

Metadata = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Target:
    """A method to call, always with the same request, over some connections in turn."""

    channels: Sequence[grpc.aio.Channel]
    path: str
    request: bytes
    metadata: Metadata
    processes: Mapping[str, Served]

    async def call(self) -> bytes:
        method: Any = self.channels[0].unary_unary(self.path)
        answer: bytes = await method(self.request, metadata=self.metadata, timeout=15.0)
        return answer


@dataclass(frozen=True)
class Load:
    """What calls took.

    Attributes:
        seconds: of each call.
        elapsed: seconds of all of them together.
        processor: seconds that each process used, by its name.
        own: seconds that this process used, which made the calls.
        machine: seconds that all processors were busy, with whatever there was.
    """

    seconds: list[float]
    elapsed: float
    processor: dict[str, float]
    own: float
    machine: float

    @property
    def per_second(self) -> float:
        return len(self.seconds) / self.elapsed


async def load(target: Target, in_flight: int, calls: int) -> Load:
    """Keeps so many calls in flight until `calls` of them are answered."""
    methods: list[Any] = [channel.unary_unary(target.path) for channel in target.channels]
    before = {name: each.processor_time() for name, each in target.processes.items()}
    seconds: list[float] = []

    async def caller(method: Any) -> None:
        for _ in range(calls // in_flight):
            start = perf_counter()
            await method(target.request, metadata=target.metadata, timeout=15.0)
            seconds.append(perf_counter() - start)

    start, own, machine = perf_counter(), process_time(), machine_time()
    await asyncio.gather(*(caller(methods[index % len(methods)]) for index in range(in_flight)))
    elapsed, own, machine = perf_counter() - start, process_time() - own, machine_time() - machine
    used = {name: each.processor_time() - before[name] for name, each in target.processes.items()}
    return Load(seconds, elapsed, used, own, machine)


async def loads_in_turn(targets: Sequence[Target], in_flight: int, calls: int, rounds: int) -> list[list[Load]]:
    """What each target took in each round; in turn, so that a busy machine is unfair to none."""
    for target in targets:
        await load(target, in_flight, calls // 4)
    found: list[list[Load]] = [[] for _ in targets]
    for _ in range(rounds):
        for target, own in zip(targets, found, strict=True):
            own.append(await load(target, in_flight, calls))
    return found


def per_second(loads: Sequence[Load]) -> float:
    """Calls, of the median round."""
    return median(each.per_second for each in loads)


def percentile(loads: Sequence[Load], percent: int) -> float:
    """Milliseconds. Of each round, and of these the median: one round that the machine held up does not decide."""
    return median(quantiles(each.seconds, n=100)[percent - 1] for each in loads) * 1e3


def processor(loads: Sequence[Load], name: str) -> float:
    """Microseconds per call that a process spends."""
    return median(each.processor[name] / len(each.seconds) for each in loads) * 1e6


def processor_of_all(loads: Sequence[Load]) -> float:
    """Microseconds per call that all together spend: of all figures the one that a busy machine changes least."""
    return median(sum(each.processor.values()) / len(each.seconds) for each in loads) * 1e6
