"""The whole cloud with several workers.

On SQLite these are of the gateway alone, on PostgreSQL of every service as well, with package files in a bucket. All
clouds of an engine run all the time and are called in turn.
"""

import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from tests.support.postgresql_server import PostgresqlServer
from tests.support.s3_server import BUCKET, running_s3_server

from benchmarks.gateway.cloud import real_cloud
from benchmarks.gateway.load import Load, loads_in_turn, per_second, percentile, processor
from benchmarks.gateway.scenarios import scenarios
from benchmarks.storage import POSTGRESQL, SQLITE, storage

WORKERS = {SQLITE: (1, 2, 4), POSTGRESQL: (1, 2)}

_IN_FLIGHT = (16, 64)
_CONNECTIONS = 16
"""Of callers: the system spreads connections over the workers, not calls."""
_TO_POSTGRESQL = 12
"""Connections that the processes of a service have together, however many they are."""


@dataclass(frozen=True)
class Shared:
    """What calls took that some workers answered.

    Attributes:
        calls_per_second: of the median round; `ratio` is that to one worker's.
        p50: milliseconds.
        gateway: microseconds of a processor per call; so are those that follow.
        callers: of the process that makes the calls.
        busy: processors that all of these kept busy; the machine has `cores`.
        others: processors that were busy with something else.
    """

    engine: str
    what: str
    workers: int
    calls_per_second: float
    ratio: float
    p50: float
    gateway: float
    services: float
    postgresql: float
    callers: float
    busy: float
    others: float


async def workers_compared(engine: str, calls: int, rounds: int, server: PostgresqlServer) -> list[Shared]:
    """Calls through clouds of so many workers each."""
    found: list[Shared] = []
    async with AsyncExitStack() as stack:
        bucket = stack.enter_context(_bucket()) if engine == POSTGRESQL else {}
        clouds = []
        for workers in WORKERS[engine]:
            settings = {
                "APPSHARE_WORKERS": str(workers),
                "APPSHARE_DATABASE_CONNECTIONS": str(_TO_POSTGRESQL // workers),
                **bucket,
            }
            if bucket:
                settings["APPSHARE_PACKAGES_URL"] = f"s3://{BUCKET}/{workers}"
            kept = stack.enter_context(storage(engine, server))
            cloud = real_cloud(kept, connections=_CONNECTIONS, settings=settings)
            clouds.append(await stack.enter_async_context(cloud))
        for same in zip(*map(scenarios, clouds), strict=True):
            targets = [each.ours(cloud) for each, cloud in zip(same, clouds, strict=True)]
            for in_flight in _IN_FLIGHT:
                loads = await loads_in_turn(targets, in_flight, calls, rounds)
                what, alone = f"{same[0].name}, {in_flight} in flight", per_second(loads[0])
                found += [
                    _shared(engine, what, workers, own, alone)
                    for workers, own in zip(WORKERS[engine], loads, strict=True)
                ]
    return found


def cores() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0))


@contextmanager
def _bucket() -> Iterator[Mapping[str, str]]:
    """An S3 server; how services reach it."""
    with tempfile.TemporaryDirectory() as folder, running_s3_server(Path(folder)) as environment:
        yield environment


def _shared(engine: str, what: str, workers: int, loads: Sequence[Load], alone: float) -> Shared:
    busy = median((sum(load.processor.values()) + load.own) / load.elapsed for load in loads)
    each = {name: processor(loads, name) for name in loads[0].processor}
    gateway, postgresql = each.pop("gateway"), each.pop(POSTGRESQL, 0.0)
    return Shared(
        engine=engine,
        what=what,
        workers=workers,
        calls_per_second=per_second(loads),
        ratio=per_second(loads) / alone,
        p50=percentile(loads, 50),
        gateway=gateway,
        services=sum(each.values()),
        postgresql=postgresql,
        callers=median(load.own / len(load.seconds) for load in loads) * 1e6,
        busy=busy,
        others=median(load.machine / load.elapsed for load in loads) - busy,
    )
