"""The idle limit of a stream: each wait has its own time, and one timer serves them all."""

import asyncio
from contextlib import closing

import pytest

from appshare import errors
from appshare.rpc.idle import IdleLimit

LIMIT = 60.0


class Clock:
    """The time of the event loop, which a test moves on."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        loop = asyncio.get_running_loop()
        self._moved = 0.0
        real = loop.time
        monkeypatch.setattr(loop, "time", lambda: real() + self._moved)

    async def move(self, seconds: float) -> None:
        """Lets time pass, and the timers go off that are due."""
        self._moved += seconds
        for _ in range(3):
            await asyncio.sleep(0)


@pytest.fixture
async def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


async def test_a_wait_that_takes_longer_is_over_and_says_what_did_not_happen(clock: Clock) -> None:
    task = asyncio.current_task()
    assert task
    with closing(IdleLimit(LIMIT, "nobody came")) as idle:
        with pytest.raises(errors.DeadlineExceededError, match="nobody came for 60 seconds"), idle:
            await clock.move(LIMIT + 1)
        assert not task.cancelling()
        with idle:  # and it is over for this wait only
            await clock.move(LIMIT - 1)


async def test_waits_that_are_each_short_enough_may_together_be_long(clock: Clock) -> None:
    with closing(IdleLimit(LIMIT, "nobody came")) as idle:
        for _ in range(8):
            with idle:  # the timer of the first goes off during the second
                await clock.move(LIMIT - 1)


async def test_a_late_wait_has_no_more_time_than_the_first(clock: Clock) -> None:
    with closing(IdleLimit(LIMIT, "nobody came")) as idle:
        for _ in range(3):
            with idle:
                await clock.move(LIMIT - 1)
        with pytest.raises(errors.DeadlineExceededError), idle:
            await clock.move(LIMIT - 1)
            await clock.move(2)


async def test_what_is_between_two_waits_does_not_count_and_the_next_one_is_limited_again(clock: Clock) -> None:
    with closing(IdleLimit(LIMIT, "nobody came")) as idle:
        with idle:
            await clock.move(1)
        await clock.move(10 * LIMIT)
        with idle:
            await clock.move(LIMIT - 1)
        with pytest.raises(errors.DeadlineExceededError), idle:
            await clock.move(LIMIT + 1)


async def test_without_a_limit_a_wait_may_take_as_long_as_it_does(clock: Clock) -> None:
    with closing(IdleLimit(None, "nobody came")) as idle, idle:
        await clock.move(1e6)


async def test_a_cancellation_from_elsewhere_stays_one() -> None:
    waiting = asyncio.Event()

    async def wait() -> None:
        with closing(IdleLimit(LIMIT, "nobody came")) as idle, idle:
            waiting.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(wait())
    await waiting.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_an_error_of_what_is_waited_for_goes_through() -> None:
    with closing(IdleLimit(LIMIT, "nobody came")) as idle:
        with pytest.raises(KeyError), idle:
            raise KeyError
        with idle:
            await asyncio.sleep(0)


async def test_all_waits_of_a_stream_share_one_timer_which_goes_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    loop = asyncio.get_running_loop()
    timers: list[asyncio.TimerHandle] = []
    call_at = loop.call_at

    def noted(when: float, callback: object, *arguments: object) -> asyncio.TimerHandle:
        timers.append(call_at(when, callback, *arguments))  # type: ignore[arg-type]
        return timers[-1]

    monkeypatch.setattr(loop, "call_at", noted)
    with closing(IdleLimit(LIMIT, "nobody came")) as idle:
        for _ in range(100):
            with idle:
                await asyncio.sleep(0)
    assert [timer.cancelled() for timer in timers] == [True]
