"""Figures of a benchmark, each beside a bare one of the same run, and how they are measured."""

import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from statistics import median, quantiles
from time import perf_counter

Act = Callable[[], Awaitable[object]]

_PER_SECOND = {"us": 1e6, "ms": 1e3}


@dataclass(frozen=True)
class Figure:
    """What was measured.

    Attributes:
        processor: microseconds of a processor that ours took each; None: that was not measured.
    """

    what: str
    unit: str
    ours: float
    bare: float | None = None
    bare_is: str = ""
    processor: float | None = None


@dataclass(frozen=True)
class Costs:
    """What some acts took: seconds each, and microseconds of a processor for one of them."""

    seconds: list[float]
    processor: float


@dataclass
class Figures:
    """What a run has measured."""

    found: list[Figure] = field(default_factory=list)

    def add(
        self,
        what: str,
        unit: str,
        ours: float,
        bare: float | None = None,
        bare_is: str = "",
        *,
        processor: float | None = None,
    ) -> None:
        self.found.append(Figure(what, unit, ours, bare, bare_is, processor))

    def add_times(
        self, what: str, unit: str, ours: Sequence[float], bare: Sequence[float] = (), bare_is: str = ""
    ) -> None:
        """The median and the 99th percentile of times in seconds."""
        scale = _PER_SECOND[unit]
        for name, of in (("p50", median), ("p99", _p99)):
            self.add(f"{what}, {name}", unit, of(ours) * scale, of(bare) * scale if bare else None, bare_is)

    def add_costs(self, what: str, unit: str, ours: Costs, bare: Sequence[float] = (), bare_is: str = "") -> None:
        """As `add_times`, and what the acts cost."""
        self.add_times(what, unit, ours.seconds, bare, bare_is)
        self.found[-2:] = [replace(each, processor=ours.processor) for each in self.found[-2:]]

    def table(self) -> str:
        lines = [f"{'':56}{'ours':>10}{'bare':>10}{'ratio':>7}"]
        for each in self.found:
            bare = f"{each.bare:10.2f}{each.ours / each.bare:7.2f}  {each.bare_is}" if each.bare else ""
            lines.append(f"{each.what + ', ' + each.unit:56}{each.ours:10.2f}{bare}")
        return "\n".join(lines)

    def json(self) -> str:
        return json.dumps([asdict(each) for each in self.found], indent=2)


async def times(acts: Sequence[Act]) -> list[float]:
    """The seconds that each takes, one after the other."""
    spent = []
    for act in acts:
        start = perf_counter()
        await act()
        spent.append(perf_counter() - start)
    return spent


async def costs(acts: Sequence[Act], processor_time: Callable[[], float]) -> Costs:
    """What acts take, one after the other.

    Args:
        processor_time: seconds that have been used by all who take part.
    """
    before = processor_time()
    seconds = await times(acts)
    return Costs(seconds, (processor_time() - before) / len(acts) * 1e6)


def bare_times(acts: Sequence[Callable[[], object]]) -> list[float]:
    """The seconds that each takes, one after the other."""
    spent = []
    for act in acts:
        start = perf_counter()
        act()
        spent.append(perf_counter() - start)
    return spent


def _p99(values: Sequence[float]) -> float:
    return quantiles(values, n=100)[98]
