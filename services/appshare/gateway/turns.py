"""Bulk work takes turns, so that whoever asks something small does not wait for a piece of every download."""

import asyncio
from collections import deque


class Turns:
    """Lets one piece of work begin in each round of the event loop, in the order in which they come.

    A chunk keeps the loop for about a millisecond. The chunks of eight downloads may be there in one round; a call that
    needs several rounds would wait for eight chunks in each.
    """

    def __init__(self) -> None:
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._is_free = True

    async def take(self) -> None:
        """Waits for the turn; at once when nobody has had one in this round."""
        loop = asyncio.get_running_loop()
        if self._is_free:
            self._is_free = False
            loop.call_soon(self._give_next)
            return
        turn = loop.create_future()
        self._waiting.append(turn)
        await turn

    def _give_next(self) -> None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():  # whoever gave up has none
                turn.set_result(None)
                asyncio.get_running_loop().call_soon(self._give_next)
                return
        self._is_free = True
