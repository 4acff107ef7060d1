"""How often a person may look others up."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.relation_radar.doubles import FakeClock

from appshare import errors
from appshare.relation_radar.lookups import LookupLimiter

ANN, BOB, CARL = 1, 2, 3
PER_HOUR, BURST = 60, 10


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def limiter(clock: FakeClock) -> LookupLimiter:
    return LookupLimiter(PER_HOUR, BURST, clock, most_people=2)


def assert_refused(limiter: LookupLimiter, person: int, count: int = 1) -> timedelta:
    with pytest.raises(errors.ResourceExhaustedError) as caught:
        limiter.take(person, count)
    assert caught.value.reason is errors.Reason.LIMIT_EXCEEDED
    assert caught.value.retry_after is not None
    return caught.value.retry_after


def test_so_many_are_looked_up_at_once(limiter: LookupLimiter) -> None:
    for _ in range(BURST):
        limiter.take(ANN)
    assert assert_refused(limiter, ANN) == timedelta(minutes=1)


def test_who_comes_back_when_told_to_looks_up_one_more(limiter: LookupLimiter, clock: FakeClock) -> None:
    limiter.take(ANN, BURST)
    clock.advance(20)
    clock.advance(assert_refused(limiter, ANN).total_seconds())
    limiter.take(ANN)
    assert_refused(limiter, ANN)


def test_a_batch_is_counted_whole_or_not_at_all(limiter: LookupLimiter) -> None:
    limiter.take(ANN, BURST - 3)
    assert assert_refused(limiter, ANN, 5) == timedelta(minutes=2)
    limiter.take(ANN, 3)


def test_nobody_saves_up_more_than_a_burst(limiter: LookupLimiter, clock: FakeClock) -> None:
    limiter.take(ANN)
    clock.advance(30 * 24 * 3600)
    limiter.take(ANN, BURST)
    assert_refused(limiter, ANN)


def test_each_person_has_an_own_limit(limiter: LookupLimiter) -> None:
    limiter.take(ANN, BURST)
    limiter.take(BOB, BURST)


def test_a_clock_that_is_set_back_locks_nobody_out(limiter: LookupLimiter, clock: FakeClock) -> None:
    limiter.take(ANN, BURST)
    clock.advance(-365 * 24 * 3600)
    assert assert_refused(limiter, ANN) == timedelta(minutes=1)
    clock.advance(60)
    limiter.take(ANN)


def test_of_many_people_those_are_forgotten_who_have_not_asked_for_the_longest_time(limiter: LookupLimiter) -> None:
    limiter.take(ANN, BURST)
    limiter.take(BOB, BURST)
    assert_refused(limiter, ANN)  # asks, and is remembered
    limiter.take(CARL, BURST)
    assert_refused(limiter, ANN)
    limiter.take(BOB, BURST)


@given(st.lists(st.tuples(st.floats(0, 600), st.integers(1, BURST)), max_size=50))
def test_in_any_time_nobody_gets_more_than_the_burst_and_what_the_time_brings(asked: list[tuple[float, int]]) -> None:
    clock = FakeClock()
    limiter, start, taken = LookupLimiter(PER_HOUR, BURST, clock), clock.now, 0
    for pause, count in asked:
        clock.advance(pause)
        try:
            limiter.take(ANN, count)
        except errors.ResourceExhaustedError:
            continue
        taken += count
        assert taken <= BURST + (clock.now - start) * PER_HOUR / 3600 + 1e-6
