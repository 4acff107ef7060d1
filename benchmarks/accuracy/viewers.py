"""Whose friends are asked for when asking for everybody's would take too long."""

from collections.abc import Sequence
from itertools import pairwise

from benchmarks.accuracy.edge_list import Graph
from benchmarks.accuracy.seeds import dice_for


def choose_viewers(graph: Graph, at_most: int) -> Sequence[int]:
    """Everybody, or a seeded sample: one person of each of `at_most` groups, equally large, by number of friends.

    The groups halve the error of the sample, since who has many friends has many candidates too.
    """
    people = len(graph.neighbours)
    if people <= at_most:
        return range(people)
    by_friends = sorted(range(people), key=lambda person: len(graph.neighbours[person]))
    bounds = [people * group // at_most for group in range(at_most + 1)]
    dice = dice_for("viewers")
    return [by_friends[dice.randrange(start, end)] for start, end in pairwise(bounds)]
