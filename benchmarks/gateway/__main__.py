"""`make benchmark-gateway`: calls of devices through the whole cloud, each beside bare processes of the same run."""

import argparse
import asyncio
from collections.abc import Sequence

import grpc

from benchmarks.figures import Figures
from benchmarks.gateway.bare import Bare, bare_cloud
from benchmarks.gateway.cloud import Cloud, real_cloud
from benchmarks.gateway.load import Target, loads_in_turn, per_second, percentile, processor, processor_of_all
from benchmarks.gateway.scenarios import SERVICES, scenarios
from benchmarks.storage import ENGINES, POSTGRESQL, SQLITE, Storage, storage

_ROUNDS = 5
_IN_FLIGHT = (1, 16, 64)
_BARE = "grpc.aio, the same hops"


async def main(calls: int, names: Sequence[str], storage: Storage) -> Figures:
    figures = Figures()
    with bare_cloud(SERVICES) as bare:
        async with real_cloud(storage) as cloud, grpc.aio.insecure_channel(bare.gateway.address) as channel:
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
    own, other = await loads_in_turn([ours, bare], in_flight, calls, _ROUNDS)
    figures.add(f"{what}: throughput", "calls/s", per_second(own), per_second(other), _BARE)
    figures.add(f"{what}: p50", "ms", percentile(own, 50), percentile(other, 50), _BARE)
    figures.add(f"{what}: p99", "ms", percentile(own, 99), percentile(other, 99), _BARE)
    if in_flight == max(_IN_FLIGHT):
        all_ours, all_bare = processor_of_all(own), processor_of_all(other)
        figures.add(f"{what}: all processes", "us of CPU per call", all_ours, all_bare, _BARE)
        for name in own[0].processor:
            if processor(own, name) > 1:  # else the call does not come by there
                beside = processor(other, name) if name in other[0].processor else None
                figures.add(f"{what}: {name}", "us of CPU per call", processor(own, name), beside, _BARE)


def _memory(cloud: Cloud, bare: Bare) -> dict[str, tuple[float, float]]:
    services = sum(each.resident() for each in bare.services) / len(bare.services)
    return {
        name: (each.resident() / 1024, (bare.gateway.resident() if name == "gateway" else services) / 1024)
        for name, each in cloud.processes.items()
        if name != POSTGRESQL  # of its processes nobody could say what memory is whose
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=600, help="of each round")
    parser.add_argument("--only", nargs="*", default=["shares", "friends", "match"])
    parser.add_argument("--store", choices=ENGINES, default=SQLITE)
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    arguments = parser.parse_args()
    with storage(arguments.store) as kept:
        found = asyncio.run(main(arguments.calls, arguments.only, kept))
    print(found.json() if arguments.json else found.table())
