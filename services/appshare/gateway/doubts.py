"""Running streams are ended when their device may not have them any more, whichever copy of the gateway hears of it."""

import asyncio
import contextvars
import random
from collections.abc import Awaitable, Callable, Collection, Iterator
from contextlib import contextmanager

from appshare import errors
from appshare.bus.bus import Bus, NoBus

_TOPIC = "standing"
"""Between the copies of the gateway.

Its keys are ids of devices that were removed, have blocked somebody, or have changed their book or what they share.
"""

_LOOK_EVERY = 300.0
"""Seconds between two looks without a doubt: word of another copy may be lost."""

_LOOK_AGAIN = 5.0
"""Seconds until a look that failed is taken again."""

Check = Callable[[], Awaitable[object]]
"""Asks whether the stream may go on; raises `errors.AppShareError` when it may not, or when nobody can say."""


class Standing:
    """Whether a stream may go on.

    Args:
        check: asked beside the stream, in the context in which this was made.
    """

    def __init__(self, check: Check) -> None:
        self._check = check
        self._context = contextvars.copy_context()
        self._refusal: errors.AppShareError | None = None
        self._asking: asyncio.Task[None] | None = None
        self._is_doubted = False
        self._look_at = _now() + _LOOK_EVERY * random.uniform(0.5, 1)  # noqa: S311  # spreads looks, keeps no secret

    def require(self) -> None:
        """Before each message: raises what has ended the stream. It costs nothing while there is no doubt."""
        if self._refusal:
            raise self._refusal
        if _now() >= self._look_at:
            self.doubt()

    def doubt(self) -> None:
        """Has the stream's right looked at."""
        self._is_doubted = True
        if self._asking is None:
            self._asking = asyncio.create_task(self._ask(), context=self._context)

    def close(self) -> None:
        """Gives up a question that is under way."""
        if self._asking:
            self._asking.cancel()

    async def _ask(self) -> None:
        try:
            while self._is_doubted:
                self._is_doubted = False
                self._look_at = _now() + _LOOK_EVERY
                await self._check()
        except (errors.UnavailableError, errors.DeadlineExceededError):
            self._look_at = _now() + _LOOK_AGAIN  # nobody can say now
        except errors.AppShareError as refusal:
            self._refusal = refusal
        finally:
            self._asking = None


class Doubts:
    """Tells the streams of this gateway, and of its copies, of devices whose rights may have changed.

    Args:
        bus: to the other copies; None: there are none.
    """

    def __init__(self, bus: Bus | None = None) -> None:
        self._bus = bus or NoBus()
        self._bus.subscribe(_TOPIC, self._doubt_here)
        self._standings: dict[str, set[Standing]] = {}

    def about(self, device_ids: Collection[str]) -> None:
        """Has all streams looked at that these devices have, or have something from."""
        self._bus.publish(_TOPIC, device_ids)
        self._doubt_here(device_ids)

    @contextmanager
    def standing(self, device_ids: Collection[str], check: Check) -> Iterator[Standing]:
        """Whether a stream may go on, while the context is open.

        Args:
            device_ids: the device that reads it, and those from which it has something.
        """
        standing = Standing(check)
        for device_id in device_ids:
            self._standings.setdefault(device_id, set()).add(standing)
        try:
            yield standing
        finally:
            standing.close()
            for device_id in device_ids:
                self._standings[device_id].discard(standing)
                if not self._standings[device_id]:
                    del self._standings[device_id]

    def _doubt_here(self, device_ids: Collection[str] | None) -> None:
        concerned = self._standings if device_ids is None else device_ids
        for standing in {each for device_id in concerned for each in self._standings.get(device_id, ())}:
            standing.doubt()


def _now() -> float:
    return asyncio.get_running_loop().time()
