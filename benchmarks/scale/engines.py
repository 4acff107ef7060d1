"""RelationRadar, ShareRegistry and the whole cloud on either engine, in turn."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from statistics import median

from tests.support.postgresql_server import PostgresqlServer

from benchmarks.figures import Figure, Figures
from benchmarks.gateway.cloud import real_cloud
from benchmarks.gateway.load import Load, loads_in_turn, per_second, percentile, processor_of_all
from benchmarks.gateway.scenarios import scenarios
from benchmarks.radar.measuring import measured as measured_radar
from benchmarks.registry.measuring import measured as measured_registry
from benchmarks.registry.measuring import measured_streams
from benchmarks.storage import ENGINES, Storage, storage

_WAITING = 2_000
_IN_FLIGHT = (1, 16, 64)

_RADAR = (
    "build: register and sync",
    "disk",
    "check, listed, both ways, one call",
    "check, listed, 64 in a batch",
    "list friends, listed",
    "list friends, listed, a page of 50",
    "sync one book",
    "sync it again, nothing new",
    "64 syncs at once",
)
_REGISTRY = (
    "fill",
    "disk",
    "publish 60 apps, p50",
    "publish 60 apps again, p50",
    "list an owner's apps, a page, p50",
    "version of an owner's list, p50",
    "merged list of 50 friends, a page, p50",
    "merged list of 50 friends, a search, p50",
    "push to 50 friends, p50",
    "pushes to 50 friends at once",
    f"drain {_WAITING} events",
    "from a push to an open stream, p50",
)


@dataclass(frozen=True)
class Compared:
    """A figure on both engines.

    Attributes:
        sqlite_processor: microseconds of a processor that each act took there, and its database where it has a process;
            of calls through the gateway, all processes. None: that was not measured.
        postgresql_processor: the same there.
    """

    what: str
    unit: str
    sqlite: float
    postgresql: float
    sqlite_processor: float | None = None
    postgresql_processor: float | None = None


async def radar_compared(devices: int, rounds: int, server: PostgresqlServer) -> list[Compared]:
    """RelationRadar with so many devices."""
    return await _compared(partial(measured_radar, devices), _RADAR, rounds, server)


async def registry_compared(owners: int, rounds: int, server: PostgresqlServer) -> list[Compared]:
    """ShareRegistry with so many owners."""

    async def measured(kept: Storage) -> Figures:
        stored = await measured_registry(owners, kept)
        streamed = await measured_streams(owners, _WAITING, 0, kept)
        return Figures([*stored.found, *streamed.found])

    return await _compared(measured, _REGISTRY, rounds, server)


async def gateway_compared(calls: int, rounds: int, server: PostgresqlServer) -> list[Compared]:
    """The whole cloud, a process of each service; both clouds run all the time and are called in turn."""
    found: list[Compared] = []
    async with AsyncExitStack() as stack:
        kept = [stack.enter_context(storage(engine, server)) for engine in ENGINES]
        clouds = [await stack.enter_async_context(real_cloud(each)) for each in kept]
        for same in zip(*map(scenarios, clouds), strict=True):
            targets = [each.ours(cloud) for each, cloud in zip(same, clouds, strict=True)]
            for in_flight in _IN_FLIGHT:
                loads = await loads_in_turn(targets, in_flight, calls, rounds)
                found += _of_loads(f"{same[0].name}, {in_flight} in flight", *loads)
    return found


async def _compared(
    measure: Callable[[Storage], Awaitable[Figures]],
    wanted: Sequence[str],
    rounds: int,
    server: PostgresqlServer,
) -> list[Compared]:
    """The medians of some rounds on each engine."""
    runs: dict[str, list[Figures]] = {engine: [] for engine in ENGINES}
    for _ in range(rounds):
        for engine in ENGINES:
            with storage(engine, server) as kept:
                runs[engine].append(await measure(kept))
    return [_median_of(what, *(_figures(runs[engine], what) for engine in ENGINES)) for what in wanted]


def _figures(runs: Sequence[Figures], what: str) -> list[Figure]:
    return [each for run in runs for each in run.found if each.what == what]


def _median_of(what: str, sqlite: Sequence[Figure], postgresql: Sequence[Figure]) -> Compared:
    values = [median(each.ours for each in figures) for figures in (sqlite, postgresql)]
    processors = [_median_processor(figures) for figures in (sqlite, postgresql)]
    return Compared(what, sqlite[0].unit, *values, *processors)


def _median_processor(figures: Sequence[Figure]) -> float | None:
    return median(each.processor for each in figures if each.processor is not None) if figures[0].processor else None


def _of_loads(what: str, sqlite: Sequence[Load], postgresql: Sequence[Load]) -> list[Compared]:
    processors = processor_of_all(sqlite), processor_of_all(postgresql)
    return [
        Compared(f"{what}: throughput", "calls/s", per_second(sqlite), per_second(postgresql), *processors),
        Compared(f"{what}: p50", "ms", percentile(sqlite, 50), percentile(postgresql, 50), *processors),
    ]
