"""Outsiders whom nobody lists, with made-up books that are meant to have something in common with everybody's."""

from collections import Counter

from benchmarks.accuracy.conditions import Condition
from benchmarks.accuracy.phone_numbers import person_number
from benchmarks.accuracy.seeds import dice_for

_RANDOM_NUMBERS = 500
_HOTLINES = 2


def random_book(people: int) -> tuple[str, ...]:
    """500 random numbers of the people: the worst case, since a guess in the dark would mostly hit nobody's."""
    chosen = dice_for("attacker").sample(range(people), min(_RANDOM_NUMBERS, people))
    return tuple(map(person_number, chosen))


def hotline_book(condition: Condition) -> tuple[str, ...]:
    """The two numbers that stand in the most books."""
    holders = Counter(number for book in condition.books for number in sorted(book))
    return tuple(number for number, _ in holders.most_common(_HOTLINES))
