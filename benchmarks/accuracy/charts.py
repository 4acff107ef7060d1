"""The measurements as charts; needs matplotlib, which is an optional extra."""

from collections.abc import Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.accuracy.measuring import Measurement

_PANELS = {
    "precision": "Precision: share of the verdicts that are right",
    "recall": "Recall: share of the friendships that are found",
    "attacker_share": "Phones that take for a friend\nan outsider with 500 random numbers",
    "hotline_attacker_share": "Phones that take for a friend\nan outsider with the two best-known numbers",
}
_COLOURS = ("#9aa0a6", "#e8a33d", "#1a73e8", "#188038")
_GROUP = 0.84
"""Of the room between two conditions, how much the bars take."""


def draw(file: Path, measurements: Sequence[Measurement]) -> None:
    """Draws a panel per figure, with a group of bars per condition and a bar per rule, into a PNG file."""
    figure = Figure(figsize=(15, 9), layout="constrained")
    figure.suptitle(f"Who is a friend? The radar's rules on {measurements[0].graph}", fontsize=15)
    for axes, (field, title) in zip(figure.subplots(2, 2).flat, _PANELS.items(), strict=True):
        axes.set_title(title, fontsize=12)
        _draw_bars(axes, measurements, field)
    handles, labels = figure.axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=len(labels), frameon=False, fontsize=12)
    figure.savefig(file, dpi=110)


def _draw_bars(axes: Axes, measurements: Sequence[Measurement], field: str) -> None:
    conditions = list(dict.fromkeys(row.condition for row in measurements))
    rules = list(dict.fromkeys(row.rule for row in measurements))
    width = _GROUP / len(rules)
    for place, (rule, colour) in enumerate(zip(rules, _COLOURS, strict=True)):
        rates = [getattr(row, field) for row in measurements if row.rule == rule]
        left = [group - _GROUP / 2 + (place + 0.5) * width for group in range(len(conditions))]
        bars = axes.bar(left, [rate or 0.0 for rate in rates], width, label=rule.replace("_", " "), color=colour)
        axes.bar_label(bars, ["none" if rate is None else f"{rate:.2f}" for rate in rates], fontsize=9, padding=2)
    axes.set_xticks(range(len(conditions)), [name.replace("_", " ") for name in conditions], fontsize=11)
    axes.set_ylim(0, 1.1)
    axes.spines[["top", "right"]].set_visible(False)
