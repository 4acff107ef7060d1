"""One-sided acquaintances: people whom somebody lists and who are neither friends nor list back."""

import random
from collections.abc import Sequence

from benchmarks.accuracy.edge_list import Graph

_PER_FRIEND = 0.2
_TRIES = 20
"""A small circle may have nobody left to be acquainted with."""


def weak_ties(graph: Graph, dice: random.Random) -> list[set[int]]:
    """For each person, whom it lists one-sidedly: one for every five friends, at least one.

    Half of them are friends of a friend, whom a rule by shared contacts takes for friends; half are anybody.
    """
    friends = [sorted(neighbours) for neighbours in graph.neighbours]
    listed: list[set[int]] = [set() for _ in friends]
    for person, neighbours in enumerate(graph.neighbours):
        for turn in range(max(1, round(len(neighbours) * _PER_FRIEND))):
            for _ in range(_TRIES):
                other = _near(person, friends, dice) if turn % 2 == 0 else dice.randrange(len(friends))
                if other != person and other not in neighbours | listed[person] and person not in listed[other]:
                    listed[person].add(other)
                    break
    return listed


def _near(person: int, friends: Sequence[Sequence[int]], dice: random.Random) -> int:
    return dice.choice(friends[dice.choice(friends[person])])
