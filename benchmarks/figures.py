"""Figures of a benchmark, each beside a bare one of the same run, and how they are measured."""

import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass, field
from statistics import median, quantiles
from time import perf_counter

Act = Callable[[], Awaitable[object]]

_PER_SECOND = {"us": 1e6, "ms": 1e3}


@dataclass(frozen=True)
class Figure:
    what: str
    unit: str
    ours: float
    bare: float | None = None
    bare_is: str = ""


@dataclass
class Figures:
    """What a run has measured."""

    found: list[Figure] = field(default_factory=list)

    def add(self, what: str, unit: str, ours: float, bare: float | None = None, bare_is: str = "") -> None:
        self.found.append(Figure(what, unit, ours, bare, bare_is))

    def add_times(
        self, what: str, unit: str, ours: Sequence[float], bare: Sequence[float] = (), bare_is: str = ""
    ) -> None:
        """The median and the 99th percentile of times in seconds."""
        scale = _PER_SECOND[unit]
        for name, of in (("p50", median), ("p99", _p99)):
            self.add(f"{what}, {name}", unit, of(ours) * scale, of(bare) * scale if bare else None, bare_is)

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
