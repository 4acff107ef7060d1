"""Turns: one piece of bulk work in each round of the event loop."""

import asyncio
from itertools import pairwise

from appshare.gateway.turns import Turns


class Rounds:
    """Counts the rounds of the event loop."""

    def __init__(self) -> None:
        self.count = 0
        self._count_on()

    def _count_on(self) -> None:
        self.count += 1
        asyncio.get_running_loop().call_soon(self._count_on)


async def test_who_comes_alone_does_not_wait() -> None:
    turns, rounds = Turns(), Rounds()
    await turns.take()
    assert rounds.count == 1


async def test_of_many_one_begins_in_each_round_in_the_order_in_which_they_came() -> None:
    turns, rounds = Turns(), Rounds()
    begun: list[tuple[int, int]] = []

    async def work(index: int) -> None:
        await turns.take()
        begun.append((rounds.count, index))

    await asyncio.gather(*map(work, range(20)))
    assert [index for _, index in begun] == list(range(20))
    assert all(one < other for (one, _), (other, _) in pairwise(begun))


async def test_who_takes_turns_over_and_over_leaves_the_others_theirs() -> None:
    turns = Turns()
    taken = [0, 0, 0]

    async def work(index: int) -> None:
        while max(taken) < 50:
            await turns.take()
            taken[index] += 1

    await asyncio.gather(*map(work, range(3)))
    assert max(taken) - min(taken) <= 1


async def test_who_gives_up_while_waiting_takes_no_turn_from_others() -> None:
    turns = Turns()
    first, *givers_up, last = [asyncio.create_task(turns.take()) for _ in range(4)]
    await asyncio.sleep(0)
    for each in givers_up:
        each.cancel()
    await asyncio.wait_for(asyncio.gather(first, last), 10)
    assert all(each.cancelled() for each in givers_up)
    await asyncio.wait_for(turns.take(), 10)
