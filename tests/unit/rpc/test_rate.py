"""Token buckets: what they let through in any stretch of time, and how much they remember."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appshare.rpc.rate import TokenBuckets


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_a_bucket_is_full_at_first_and_then_fills_one_by_one(clock: Clock) -> None:
    buckets = TokenBuckets(3, 60, clock=clock)
    assert [buckets.take("a") for _ in range(4)] == [0, 0, 0, 20]
    clock.now += 20
    assert [buckets.take("a") for _ in range(2)] == [0, 20]
    clock.now += 3600
    assert [buckets.take("a") for _ in range(4)] == [0, 0, 0, 20]


def test_each_key_has_its_own(clock: Clock) -> None:
    buckets = TokenBuckets(1, 60, clock=clock)
    assert [buckets.take(key) for key in ("a", "b", "a", "b")] == [0, 0, 60, 60]


def test_to_ask_takes_nothing(clock: Clock) -> None:
    buckets = TokenBuckets(1, 60, clock=clock)
    assert [buckets.wait("a"), buckets.wait("a"), buckets.take("a"), buckets.wait("a")] == [0, 0, 0, 60]


def test_several_are_taken_together_or_not_at_all(clock: Clock) -> None:
    buckets = TokenBuckets(5, 50, clock=clock)
    assert [buckets.take("a", 3), buckets.take("a", 3), buckets.take("a", 2), buckets.take("a", 5)] == [0, 10, 0, 50]
    clock.now += 50
    assert buckets.take("a", 5) == 0


def test_a_bucket_that_is_full_again_is_forgotten(clock: Clock) -> None:
    buckets = TokenBuckets(2, 60, clock=clock)
    for key in range(1000):
        buckets.take(key)
    clock.now += 60
    for key in range(1000, 1600):
        buckets.take(key)
    assert len(buckets) <= 600


def test_beyond_the_most_keys_the_longest_unused_is_forgotten(clock: Clock) -> None:
    buckets = TokenBuckets(1, 60, clock=clock, max_keys=3)
    for key in "abcd":
        assert buckets.take(key) == 0
    assert len(buckets) == 3
    assert [buckets.wait(key) > 0 for key in "abcd"] == [False, True, True, True]


@given(
    burst=st.integers(1, 50),
    period=st.floats(0.1, 1000),
    steps=st.lists(st.tuples(st.floats(0, 100), st.integers(1, 50)), min_size=1, max_size=100),
)
def test_no_stretch_of_time_lets_more_through_than_burst_and_rate(
    burst: int, period: float, steps: list[tuple[float, int]]
) -> None:
    clock = Clock()
    buckets = TokenBuckets(burst, period, clock=clock)
    passed = []
    for step, count in steps:
        clock.now += step
        if count <= burst and not buckets.take("a", count):
            passed.append((clock.now, count))
    for first, (begin, _count) in enumerate(passed):
        taken = 0
        for end, count in passed[first:]:
            taken += count
            assert taken <= burst + (end - begin) * burst / period + 1e-6


@given(burst=st.integers(1, 20), period=st.floats(0.1, 1000), steps=st.lists(st.floats(0, 30), max_size=50))
def test_who_waits_as_long_as_told_gets_through(burst: int, period: float, steps: list[float]) -> None:
    clock = Clock()
    buckets = TokenBuckets(burst, period, clock=clock)
    for step in steps:
        clock.now += step
        wait = buckets.take("a")
        if wait:
            assert wait <= period / burst + 2e-6  # rounded up to microseconds
            clock.now += wait
            assert buckets.take("a") == 0
