"""The measurements as a table and as JSON."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from rich.table import Table

from benchmarks.accuracy.edge_list import Graph
from benchmarks.accuracy.measuring import Measurement

_DIGITS = 6


def table(graph: Graph, measurements: Sequence[Measurement]) -> Table:
    """A row per condition and rule."""
    people = len(graph.neighbours)
    title = f"{graph.name}: {people:,} people, {graph.edge_count:,} friendships"
    shown = Table(title=title, caption=_caption(people, measurements))
    for heading in ("condition", "rule"):
        shown.add_column(heading, no_wrap=True)
    for heading in ("precision", "recall", "F1", "attacker:\n500 random", "attacker:\n2 hotlines", "viewers"):
        shown.add_column(heading, justify="right", no_wrap=True)
    condition = ""
    for row in measurements:
        if row.condition != condition:
            shown.add_section()
        name, condition = (row.condition if row.condition != condition else ""), row.condition
        rates = (row.precision, row.recall, row.f1, row.attacker_share, row.hotline_attacker_share)
        shown.add_row(name, row.rule, *map(_rate, rates), f"{row.viewers:,}")
    return shown


def write_json(file: Path, measurements: Sequence[Measurement]) -> None:
    """Writes a list of objects, one per condition and rule."""
    rows = [{key: _rounded(value) for key, value in asdict(row).items()} for row in measurements]
    file.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")


def _caption(people: int, measurements: Sequence[Measurement]) -> str:
    caption = f"Attackers: the share of all {people:,} phones that take one for a friend."
    if any(row.viewers < people for row in measurements):
        caption = f"Precision, recall: fewer than {people:,} viewers are a seeded sample of them.\n{caption}"
    return caption


def _rate(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"


def _rounded(value: object) -> object:
    return round(value, _DIGITS) if isinstance(value, float) else value
