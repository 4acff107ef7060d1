"""Measures every rule under one condition."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from appshare.relation_radar.stores.sqlite import MIGRATIONS
from appshare.sqlite.database import open_database
from benchmarks.accuracy.attackers import hotline_book, random_book
from benchmarks.accuracy.conditions import CONDITIONS
from benchmarks.accuracy.edge_list import Graph
from benchmarks.accuracy.phones import Phones
from benchmarks.accuracy.phones import Progress as StepProgress
from benchmarks.accuracy.rules import RULES, ComparedRule
from benchmarks.accuracy.verdicts import Tally
from benchmarks.accuracy.viewers import choose_viewers

Progress = Callable[[str, int, int], None]
"""Is told the step, how many are done, and of how many."""


@dataclass(frozen=True, slots=True)
class Measurement:
    """How right a rule is under a condition; a share of nothing is None.

    Attributes:
        attacker_share: of the people's phones, how many take for a friend who lists 500 random numbers.
        hotline_attacker_share: the same for who lists the two best-known numbers.
        viewers: how many people's friends were asked for.
    """

    graph: str
    condition: str
    rule: str
    precision: float | None
    recall: float | None
    f1: float | None
    attacker_share: float
    hotline_attacker_share: float
    viewers: int


async def measure(graph: Graph, condition_name: str, database_file: Path, progress: Progress) -> list[Measurement]:
    """Every rule's measurement, on phones of the people and of two attackers."""
    condition = CONDITIONS[condition_name](graph)
    books = [*condition.written, random_book(len(graph.neighbours)), hotline_book(condition)]
    async with open_database(database_file, MIGRATIONS) as database:
        phones = Phones(database)
        await phones.register(len(books), _step(progress, "registering", len(books)))
        await phones.sync(books, _step(progress, "syncing books", len(books)))
        return [await _measure_rule(graph, condition_name, rule, phones, progress) for rule in RULES]


async def _measure_rule(
    graph: Graph, condition_name: str, rule: ComparedRule, phones: Phones, progress: Progress
) -> Measurement:
    people = len(graph.neighbours)
    viewers = choose_viewers(graph, rule.most_viewers)
    asked = [*viewers, people, people + 1]
    answers = await phones.friends(rule, asked, _step(progress, rule.name, len(asked)))
    # An attacker is no person of the graph: what the radar says of it is counted apart.
    *verdicts, attackers, hotline_attackers = (answer - {people, people + 1} for answer in answers)
    tally = Tally()
    for viewer, owners in zip(viewers, verdicts, strict=True):
        tally.add(owners, graph.neighbours[viewer])
    return Measurement(
        graph=graph.name,
        condition=condition_name,
        rule=rule.name,
        precision=tally.precision,
        recall=tally.recall,
        f1=tally.f1,
        attacker_share=len(attackers) / people,
        hotline_attacker_share=len(hotline_attackers) / people,
        viewers=len(viewers),
    )


def _step(progress: Progress, step: str, total: int) -> StepProgress:
    return lambda done: progress(step, done, total)
