"""What every RPC gives to whom, asked of the running system and compared with the table beside this file.

`python -m tests.integration.access.matrix` prints what was observed; its exit code is 1 when that is not the table.
"""

import asyncio
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.integration.access.questions import ENDINGS, OPEN, QUESTIONS, Outcome
from tests.integration.access.relations import AUDIENCES, RELATIONS, Situation
from tests.support.cloud import Cloud, running_cloud

_TABLE = Path(__file__).with_suffix(".txt")
_SAMPLES = Path(__file__).parents[2] / "packages"

_UNLIMITED = 1_000_000
_NAME, _CELL = 42, 11
"""Widths of the first column and of the others."""

Cells = dict[str, dict[str, str]]
"""By the name of the row, then by that of the column."""


@dataclass
class Observed:
    """What was observed.

    Attributes:
        seen: by row and word, every answer that the word stood for, each with where it was.
    """

    cells: Cells = field(default_factory=lambda: defaultdict(dict))
    seen: dict[tuple[str, str], dict[object, list[str]]] = field(default_factory=lambda: defaultdict(dict))

    def add(self, row: str, column: str, by_audience: Mapping[str, Iterable[Outcome]]) -> None:
        """Adds a cell: what came of each audience, by every way of naming the other."""
        words = {audience: {each.word for each in outcomes} for audience, outcomes in by_audience.items()}
        self.cells[row][column] = _cell(words)
        for audience, outcomes in by_audience.items():
            for outcome in outcomes:
                if outcome.seen is not None:
                    places = self.seen[row, outcome.word].setdefault(outcome.seen, [])
                    places.append(f"{column} {audience}")

    def told_apart(self) -> list[str]:
        """Answers that the table calls the same and that are not, byte for byte."""
        return [
            f"{row}: '{word}' is not the same for {', and for '.join(places[0] for places in answers.values())}"
            for (row, word), answers in self.seen.items()
            if len(answers) > 1
        ]


def _cell(words: Mapping[str, set[str]]) -> str:
    """The letters of the audiences for which it is open; when it is for none, how it is closed."""
    closed = set().union(*words.values()) - {OPEN}
    if not any(OPEN in each for each in words.values()):
        return "/".join(sorted(closed))
    if any(len(each) > 1 for each in words.values()) or len(closed) > 1:
        return "/".join(sorted({*closed, "open"}))
    return "".join(audience if OPEN in words[audience] else "-" for audience in words)


async def observe(cloud: Cloud) -> Observed:
    """Asks every question in every relation, with every audience."""
    observed = Observed()
    await cloud.add_packages(_SAMPLES, "chat-3.0-*.apk")
    for column, make in RELATIONS.items():
        outcomes = await ask_all(await make(cloud))
        for ending in ENDINGS:
            outcomes[ending.name][""] = await ending.ask(await make(cloud))
        for row, by_audience in outcomes.items():
            observed.add(row, column, by_audience)
    return observed


async def ask_all(both: Situation) -> dict[str, dict[str, Sequence[Outcome]]]:
    """The outcomes by question and audience; of a question in which no audience plays a part, under none."""
    outcomes: dict[str, dict[str, Sequence[Outcome]]] = defaultdict(dict)
    for audience in AUDIENCES:
        await both.set_audience(audience)
        for question in QUESTIONS:
            if not question.once:
                outcomes[question.name][audience] = await question.ask(both)
    kept = await both.kept_of_owner()
    for question in QUESTIONS:
        if question.once:
            outcomes[question.name][""] = await question.ask(both)
    assert await both.kept_of_owner() == kept, "a call of the viewer's has changed what is the owner's"
    return outcomes


def read_table(text: str) -> Cells:
    """The cells of the table: the lines with bars, below the two of the head."""
    lines = [line.split("|") for line in text.splitlines() if "|" in line]
    return {row.strip(): dict(zip(RELATIONS, map(str.strip, cells), strict=True)) for row, *cells in lines[2:]}


def the_table() -> Cells:
    """What is to be observed."""
    return read_table(_TABLE.read_text(encoding="utf-8"))


def differences(expected: Cells, observed: Cells) -> list[str]:
    """What was observed and is not what was expected, cell by cell."""
    return [
        f"{row}, {column}: {observed.get(row, {}).get(column)} instead of {expected.get(row, {}).get(column)}"
        for row in dict.fromkeys([*expected, *observed])
        for column in RELATIONS
        if expected.get(row, {}).get(column) != observed.get(row, {}).get(column)
    ]


def as_text(cells: Cells) -> str:
    """The table as people read it."""
    above, below = zip(*(name.split(" ") if " " in name else ("", name) for name in RELATIONS), strict=True)
    head = [_line("", above), _line("", below)]
    rule = "-" * _NAME + ("+" + "-" * _CELL) * len(RELATIONS)
    return "\n".join([*head, rule, *(_line(row, by_column.values()) for row, by_column in cells.items())])


def _line(row: str, values: Iterable[str]) -> str:
    return "|".join([row.ljust(_NAME), *(f" {value}".ljust(_CELL) for value in values)]).rstrip()


def limits() -> dict[str, Any]:
    """Settings of a cloud that answers as often as it takes."""
    calls = ("calls_per_device", "costly_calls_per_device", "calls_per_peer", "open_calls_per_peer")
    people = ("lookups_per_hour", "lookup_burst", "codes_per_hour", "max_devices")
    return {"gateway": dict.fromkeys(calls, 0), **dict.fromkeys(people, _UNLIMITED)}


async def main() -> int:
    """Prints what was observed, and what of it is not as it should be."""
    with tempfile.TemporaryDirectory() as folder:
        async with running_cloud(Path(folder), **limits()) as cloud:
            observed = await observe(cloud)
    wrong = differences(the_table(), observed.cells) + observed.told_apart()
    print("\n".join([as_text(observed.cells), "", *(wrong or ["all as the table says"])]))  # noqa: T201  # its purpose
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
