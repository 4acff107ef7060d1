"""Whose friends are asked for."""

from benchmarks.accuracy.edge_list import Graph
from benchmarks.accuracy.viewers import choose_viewers

STAR = Graph("star", (frozenset(range(1, 100)), *[frozenset({0})] * 99))


def test_asks_everybody_where_it_can() -> None:
    assert list(choose_viewers(STAR, 100)) == list(range(100))


def test_a_sample_has_as_many_different_people_as_allowed() -> None:
    assert len(set(choose_viewers(STAR, 33))) == 33


def test_a_sample_is_the_same_in_every_run() -> None:
    assert choose_viewers(STAR, 33) == choose_viewers(STAR, 33)


def test_a_sample_takes_from_few_and_many_friends() -> None:
    popular = Graph("two kinds", (*[frozenset({0})] * 50, *[frozenset({0, 1})] * 50))

    chosen = choose_viewers(popular, 10)

    assert sum(person < 50 for person in chosen) == 5
