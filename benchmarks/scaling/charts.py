"""The simulations as charts; needs matplotlib, which is an optional extra."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.scaling.fan_out import FanOutOutcome
from benchmarks.scaling.storm import StormOutcome

_Point = TypeVar("_Point")
_POINTS = 120
"""Of a curve: what more would not be seen, and would be bytes."""

mpl.rcParams["svg.fonttype"] = "none"
mpl.rcParams["svg.hashsalt"] = "appshare"  # else each run names its elements anew


def draw_storms(file: Path, outcomes: Mapping[str, StormOutcome]) -> None:
    """Who is registered, and the calls under way, as time goes by; a curve per outcome."""
    figure = Figure(figsize=(10, 3.6), layout="constrained")
    done, queue = figure.subplots(1, 2)
    done.set_title("Phones registered, thousands", fontsize=10)
    queue.set_title("Calls under way in RelationRadar", fontsize=10)
    for name, outcome in outcomes.items():
        ends = _thinned(list(enumerate(sorted(outcome.ends), 1)))
        done.plot([end for _, end in ends], [number / 1_000 for number, _ in ends], label=name, linewidth=1.4)
        seen = _thinned(outcome.queue)
        queue.plot([at for at, _ in seen], [calls for _, calls in seen], linewidth=1.4)
    done.legend(frameon=False, fontsize=8)
    for axes in (done, queue):
        axes.set_xlabel("seconds since the first call", fontsize=9)
        _plain(axes)
    _save(figure, file)


def draw_fan_out(file: Path, outcomes: Mapping[str, FanOutOutcome]) -> None:
    """What waits, and how soon a celebrity's push has arrived; a curve per outcome."""
    figure = Figure(figsize=(10, 3.6), layout="constrained")
    inboxes, arrivals = figure.subplots(1, 2)
    inboxes.set_title("Events waiting per inbox, mean", fontsize=10)
    inboxes.set_xlabel("hours", fontsize=9)
    arrivals.set_title("Recipients that have a celebrity's push, share", fontsize=10)
    arrivals.set_xlabel("seconds since the push", fontsize=9)
    for name, outcome in outcomes.items():
        seen = _thinned(outcome.inbox)
        inboxes.plot([at / 3_600 for at, _, _ in seen], [mean for _, mean, _ in seen], label=name, linewidth=1.4)
        waits = sorted(outcome.celebrity_waits)
        phones = len(waits) + outcome.celebrity_waiting
        curve = _thinned([(wait, number / phones) for number, wait in enumerate(waits, 1)])
        arrivals.plot([max(wait, 0.01) for wait, _ in curve], [share for _, share in curve], linewidth=1.4)
    arrivals.set_xscale("log")
    inboxes.legend(frameon=False, fontsize=8)
    for axes in (inboxes, arrivals):
        _plain(axes)
    _save(figure, file)


def _thinned(points: Sequence[_Point]) -> Sequence[_Point]:
    return points[:: max(1, len(points) // _POINTS)]


def _plain(axes: Axes) -> None:
    axes.tick_params(labelsize=8)
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_ylim(bottom=0)


def _save(figure: Figure, file: Path) -> None:
    figure.savefig(file, metadata={"Date": None})
