"""The gate: whoever closes it is alone."""

import asyncio

import pytest

from appshare.relation_radar.gate import Gate


async def test_many_pass_at_a_time() -> None:
    gate = Gate()
    async with gate.passed(), gate.passed():
        pass


async def test_whoever_closes_it_waits_until_all_have_left_and_others_wait_meanwhile() -> None:
    gate, order = Gate(), list[str]()
    left = asyncio.Event()

    async def stay() -> None:
        async with gate.passed():
            order.append("inside")
            await left.wait()
            order.append("left")

    async def close() -> None:
        async with gate.closed():
            order.append("alone")
            await asyncio.sleep(0)
            order.append("done")

    async def enter() -> None:
        async with gate.passed():
            order.append("entered")

    tasks = [asyncio.create_task(each()) for each in (stay, stay, close, enter)]
    await asyncio.sleep(0)
    left.set()
    await asyncio.gather(*tasks)
    assert order == ["inside", "inside", "left", "left", "alone", "done", "entered"]


async def test_two_do_not_close_it_at_once() -> None:
    gate, inside = Gate(), 0

    async def close() -> None:
        nonlocal inside
        async with gate.closed():
            inside += 1
            assert inside == 1
            await asyncio.sleep(0)
            inside -= 1

    await asyncio.gather(*(close() for _ in range(3)))


@pytest.mark.parametrize("error", [ValueError(), asyncio.CancelledError()])
async def test_it_opens_again_whatever_happens(error: BaseException) -> None:
    gate = Gate()
    for context in (gate.passed, gate.closed):
        with pytest.raises(type(error)):
            async with context():
                raise error
    async with gate.closed():
        pass
    async with gate.passed():
        pass


async def test_one_that_gives_up_closing_lets_others_pass() -> None:
    gate = Gate()
    async with gate.passed():
        closing = asyncio.create_task(gate.closed().__aenter__())
        await asyncio.sleep(0)
        closing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await closing
    async with gate.passed():
        pass
