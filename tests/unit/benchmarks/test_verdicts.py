"""Precision, recall and F1 on a graph small enough to count by hand."""

import pytest
from benchmarks.accuracy.verdicts import Tally

FRIENDS = {0: {1, 2}, 1: {0}, 2: {0}}


def test_counts_verdicts_of_all_viewers() -> None:
    tally = Tally()
    for viewer, verdicts in {0: {1}, 1: {0, 2}, 2: {1}}.items():
        tally.add(verdicts, FRIENDS[viewer])

    assert tally.precision == pytest.approx(2 / 4)
    assert tally.recall == pytest.approx(2 / 4)
    assert tally.f1 == pytest.approx(0.5)


def test_f1_is_the_harmonic_mean() -> None:
    tally = Tally()
    tally.add({1}, {1, 2, 3, 4})

    assert (tally.precision, tally.recall) == (1.0, 0.25)
    assert tally.f1 == pytest.approx(2 * 0.25 / 1.25)


def test_no_verdict_has_no_precision() -> None:
    tally = Tally()
    tally.add(set(), {1})

    assert (tally.precision, tally.recall, tally.f1) == (None, 0.0, 0.0)
