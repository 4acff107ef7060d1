"""`make benchmark-gateway`: calls of devices through the whole cloud, each beside bare processes of the same run."""

import argparse
import asyncio
from collections.abc import Sequence
from statistics import median, quantiles

import grpc

from benchmarks.figures import Figures
from benchmarks.gateway.bare import Bare, bare_cloud
from benchmarks.gateway.cloud import Cloud, real_cloud
from benchmarks.gateway.load import Load, Target, load
from benchmarks.gateway.scenarios import NAMES, SERVICES, scenarios

_ROUNDS = 5
_IN_FLIGHT = (1, 16, 64)
_BARE = "grpc.aio, the same hops"


async def main(calls: int, names: Sequence[str]) -> Figures:
    figures = Figures()
    with bare_cloud(SERVICES) as bare:
        async with real_cloud() as cloud, grpc.aio.insecure_channel(bare.gateway.address) as channel:
            before = _memory(cloud, bare)
            for scenario in scenarios(cloud):
                if scenario.name in names:
                    ours, theirs = scenario.ours(cloud), await scenario.bare(bare, cloud, channel)
                    for in_flight in _IN_FLIGHT:
                        await _measure(
                            figures, f"{scenario.name}, {in_flight} in flight", ours, theirs, in_flight, calls
                        )
            for name, size in _memory(cloud, bare).items():
                figures.add(f"memory of {name}: at first", "MiB", *before[name], _BARE)
                figures.add(f"memory of {name}: after all calls", "MiB", *size, _BARE)
    return figures


async def _measure(figures: Figures, what: str, ours: Target, bare: Target, in_flight: int, calls: int) -> None:
    for target in (ours, bare):
        await load(target, in_flight, calls // 4)
    own, other = [], []
    for _ in range(_ROUNDS):  # in turn, so that a busy machine is unfair to none
        own.append(await load(ours, in_flight, calls))
        other.append(await load(bare, in_flight, calls))
    figures.add(f"{what}: throughput", "calls/s", _per_second(own), _per_second(other), _BARE)
    figures.add(f"{what}: p50", "ms", _percentile(own, 50), _percentile(other, 50), _BARE)
    figures.add(f"{what}: p99", "ms", _percentile(own, 99), _percentile(other, 99), _BARE)
    if in_flight == max(_IN_FLIGHT):
        figures.add(f"{what}: all processes", "us of CPU per call", _all(own), _all(other), _BARE)
        for name in ("gateway", *NAMES):
            if _processor(other, name):  # none: the call does not come by there
                figures.add(
                    f"{what}: {name}", "us of CPU per call", _processor(own, name), _processor(other, name), _BARE
                )


def _per_second(loads: Sequence[Load]) -> float:
    return median(each.per_second for each in loads)


def _percentile(loads: Sequence[Load], percent: int) -> float:
    """Of each round, and of these the median: one round that the machine held up does not decide."""
    return median(quantiles(each.seconds, n=100)[percent - 1] for each in loads) * 1e3


def _all(loads: Sequence[Load]) -> float:
    """What the cloud as a whole spends: of all figures the one that a busy machine changes least."""
    return median(sum(each.processor.values()) / len(each.seconds) for each in loads) * 1e6


def _processor(loads: Sequence[Load], name: str) -> float:
    return median(each.processor[name] / len(each.seconds) for each in loads) * 1e6


def _memory(cloud: Cloud, bare: Bare) -> dict[str, tuple[float, float]]:
    services = sum(each.resident() for each in bare.services) / len(bare.services)
    return {
        name: (each.resident() / 1024, (bare.gateway.resident() if name == "gateway" else services) / 1024)
        for name, each in cloud.processes.items()
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=600, help="of each round")
    parser.add_argument("--only", nargs="*", default=["shares", "friends", "match"])
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    arguments = parser.parse_args()
    found = asyncio.run(main(arguments.calls, arguments.only))
    print(found.json() if arguments.json else found.table())
