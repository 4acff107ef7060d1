"""`make benchmark-scale`: PostgreSQL beside SQLite, and two and four workers beside one.

PostgreSQL runs on this machine and syncs to its disk. Of processes on one machine none has more than there is: what is
said of workers holds for its cores, which the load generator, the services and the database share.
"""

import argparse
import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import TypeVar

from tests.support.postgresql_server import running_postgresql

from benchmarks.scale.engines import Compared, gateway_compared, radar_compared, registry_compared
from benchmarks.scale.workers import Shared, cores, workers_compared
from benchmarks.storage import ENGINES

_ROUNDS_OF_CALLS = 5

Result = TypeVar("Result")


@dataclass(frozen=True)
class Found:
    """What a run has measured, on a machine of so many cores."""

    cores: int
    engines: dict[str, list[Compared]]
    workers: list[Shared]

    def text(self) -> str:
        """Both tables."""
        return f"{_engines_table(self.engines)}\n\n{_workers_table(self.cores, self.workers)}"


async def measured(devices: int, owners: int, calls: int, rounds: int) -> Found:
    """Measures everything, one after the other, and says on standard error what it is at."""
    with running_postgresql(durable=True) as server:
        parts = {
            f"RelationRadar, {devices} devices": partial(radar_compared, devices, rounds, server),
            f"ShareRegistry, {owners} owners": partial(registry_compared, owners, rounds, server),
            "the whole cloud, a process each": partial(gateway_compared, calls, _ROUNDS_OF_CALLS, server),
        }
        compared = {name: await _announced(name, part) for name, part in parts.items()}
        shared: list[Shared] = []
        for engine in ENGINES:
            shared += await _announced(
                f"workers, {engine}", partial(workers_compared, engine, calls, _ROUNDS_OF_CALLS, server)
            )
    return Found(cores(), compared, shared)


async def _announced(name: str, part: Callable[[], Awaitable[Result]]) -> Result:
    print(f"{name} …", file=sys.stderr, flush=True)
    return await part()


def _engines_table(parts: Mapping[str, Sequence[Compared]]) -> str:
    lines = [f"{'':54}{'SQLite':>10}{'PostgreSQL':>12}{'ratio':>7}{'us of CPU':>12}{'PostgreSQL':>12}{'ratio':>7}"]
    for name, compared in parts.items():
        lines.append(name)
        for each in compared:
            line = f"  {f'{each.what}, {each.unit}':52}{_beside(each.sqlite, each.postgresql)}"
            if each.sqlite_processor and each.postgresql_processor:
                line += f"  {_beside(each.sqlite_processor, each.postgresql_processor)}"
            lines.append(line)
    return "\n".join(lines)


def _beside(sqlite: float, postgresql: float) -> str:
    return f"{sqlite:10.1f}{postgresql:12.1f}{postgresql / sqlite:7.2f}"


def _workers_table(cores: int, shared: Sequence[Shared]) -> str:
    columns = ("calls/s", "ratio", "p50 ms", "gateway", "services", "database", "callers", "cores", "others")
    lines = [
        f"Workers: on SQLite of the gateway, on PostgreSQL of each service too. From `gateway` on: us of CPU per call;"
        f" `cores`: of {cores}, how many all of these kept busy; `others`: were busy with something else.",
        f"{'':40}" + "".join(f"{name:>10}" for name in columns),
    ]
    for each in shared:
        what = f"{each.engine}: {each.what}, {each.workers} worker{'s' * (each.workers > 1)}"
        numbers = f"{each.calls_per_second:10.0f}{each.ratio:10.2f}{each.p50:10.1f}{each.gateway:10.0f}"
        others = f"{each.services:10.0f}{each.postgresql:10.0f}{each.callers:10.0f}{each.busy:10.2f}{each.others:10.2f}"
        lines.append(f"{what:40}{numbers}{others}")
    return "\n".join(lines)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--devices", type=int, default=2_000, help="of RelationRadar")
    parser.add_argument("--owners", type=int, default=1_000, help="of ShareRegistry; at least 300")
    parser.add_argument("--calls", type=int, default=320, help="of each round through the gateway")
    parser.add_argument("--rounds", type=int, default=3, help="of RelationRadar and ShareRegistry on each engine")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    arguments = parser.parse_args()
    found = asyncio.run(measured(arguments.devices, arguments.owners, arguments.calls, arguments.rounds))
    print(json.dumps(asdict(found), indent=2) if arguments.json else found.text())
