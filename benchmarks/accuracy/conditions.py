"""What the contact books of a graph's people hold, from perfect to noisy."""

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from benchmarks.accuracy.edge_list import Graph
from benchmarks.accuracy.phone_numbers import SERVICE_NUMBERS, business_number, handwritten, person_number
from benchmarks.accuracy.seeds import dice_for
from benchmarks.accuracy.weak_ties import weak_ties

_MISSING = 0.3
_HUB_SHARES = (0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2)
_BUSINESS_SHARES = tuple(0.3 / rank for rank in range(1, 51))
"""Fifty businesses of a town by Zipf's law: a few are hubs, most stay below the hub limit."""

_HANDWRITTEN = 1 / 3


@dataclass(frozen=True, slots=True)
class Condition:
    """The books of a graph's people.

    Attributes:
        books: the numbers that count in each person's book, in E.164.
        written: each person's book as the phone sends it.
    """

    books: tuple[frozenset[str], ...]
    written: tuple[tuple[str, ...], ...]


def clean(graph: Graph) -> Condition:
    """Everybody lists exactly their friends."""
    return _typed(_books_of_friends(graph))


def missing(graph: Graph) -> Condition:
    """30 % of the contacts are missing."""
    return _typed(_incomplete_books(graph))


def missing_with_hubs(graph: Graph) -> Condition:
    """30 % of the contacts are missing, and eight hotlines stand in 90, 80, … 20 % of the books."""
    books = _incomplete_books(graph)
    _spread_businesses(books, _HUB_SHARES, dice_for("hubs"))
    return _typed(books)


def noisy(graph: Graph) -> Condition:
    """As in life: missing contacts, one-sided ties, the businesses of a town, service numbers, national styles."""
    books = _incomplete_books(graph)
    for book, listed in zip(books, weak_ties(graph, dice_for("weak ties")), strict=True):
        book.update(map(person_number, listed))
    _spread_businesses(books, _BUSINESS_SHARES, dice_for("businesses"))
    dice = dice_for("styles")
    written = tuple((*_written(book, dice), *SERVICE_NUMBERS) for book in books)
    return Condition(tuple(map(frozenset, books)), written)


CONDITIONS: dict[str, Callable[[Graph], Condition]] = {
    "clean": clean,
    "missing_30": missing,
    "missing_30_hubs": missing_with_hubs,
    "noisy": noisy,
}


def _typed(books: Iterable[set[str]]) -> Condition:
    counted = tuple(map(frozenset, books))
    return Condition(counted, tuple(tuple(sorted(book)) for book in counted))


def _books_of_friends(graph: Graph) -> list[set[str]]:
    return [set(map(person_number, friends)) for friends in graph.neighbours]


def _incomplete_books(graph: Graph) -> list[set[str]]:
    dice = dice_for("missing")
    return [{number for number in sorted(book) if dice.random() >= _MISSING} for book in _books_of_friends(graph)]


def _spread_businesses(books: list[set[str]], shares: Iterable[float], dice: random.Random) -> None:
    """Writes one business per share into that share of the books."""
    for business, share in enumerate(shares):
        for book in dice.sample(books, round(len(books) * share)):
            book.add(business_number(business))


def _written(book: set[str], dice: random.Random) -> Iterable[str]:
    for number in sorted(book):
        yield handwritten(number, dice) if dice.random() < _HANDWRITTEN else number
