"""Waiting for a message is over after a while, for each call by itself."""

import asyncio

import pytest

from appshare import errors
from appshare.rpc.arrivals import Arrivals

SHORT = 0.05
LONG = 3600.0


async def never() -> str:
    await asyncio.Event().wait()
    return ""


async def at_once() -> str:
    return "here"


@pytest.mark.parametrize("limit", [LONG, None])
async def test_what_arrives_is_given(limit: float | None) -> None:
    assert await Arrivals(limit).wait(at_once(), "nothing came") == "here"


async def test_each_that_waits_too_long_is_told_so() -> None:
    arrivals = Arrivals(SHORT)
    for _round in range(2):  # the timer is set anew when it has ended all
        waiting = [asyncio.create_task(arrivals.wait(never(), "nothing came")) for _ in range(3)]
        for ended in await asyncio.gather(*waiting, return_exceptions=True):
            assert isinstance(ended, errors.DeadlineExceededError)
            assert ended.message == "nothing came for 0.05 seconds"


async def test_who_waits_is_ended_also_while_others_come_and_go() -> None:
    arrivals = Arrivals(SHORT)
    waiting = asyncio.create_task(arrivals.wait(never(), "nothing came"))
    while not waiting.done():
        assert await arrivals.wait(at_once(), "nothing came") == "here"
        await asyncio.sleep(0)
    with pytest.raises(errors.DeadlineExceededError):
        await waiting


async def test_a_caller_that_gives_up_is_cancelled() -> None:
    arrivals = Arrivals(LONG)
    waiting = asyncio.create_task(arrivals.wait(never(), "nothing came"))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting


async def test_a_caller_that_gives_up_just_when_its_time_is_over_is_cancelled() -> None:
    arrivals = Arrivals(SHORT)

    async def given_up() -> str:
        try:
            return await never()
        except asyncio.CancelledError:
            waiting.cancel()  # comes behind that of the timer
            raise

    waiting = asyncio.create_task(arrivals.wait(given_up(), "nothing came"))
    with pytest.raises(asyncio.CancelledError):
        await waiting


async def test_a_failure_is_that_of_the_arrival() -> None:
    async def broken() -> str:
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await Arrivals(LONG).wait(broken(), "nothing came")
