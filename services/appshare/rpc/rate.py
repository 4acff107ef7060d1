"""How often something may happen, counted by a key: token buckets in bounded memory."""

import math
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable

_ROUNDING = 1e-9
"""Seconds; far below what a burst of a million would differ by."""

_MAX_KEYS = 100_000
"""Some 15 MB."""


class TokenBuckets:
    """A bucket per key, full at first, that is emptied one by one and fills evenly.

    Only the instant at which each bucket is full again is kept (the virtual scheduling algorithm, ITU-T I.371). Full
    buckets are forgotten; beyond `max_keys` so is the one that was used longest ago.

    Args:
        burst: how many at once, and at least 1.
        period: seconds in which an empty bucket is full again.
        clock: seconds, never going back.
    """

    def __init__(
        self,
        burst: int,
        period: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        max_keys: int = _MAX_KEYS,
    ) -> None:
        self._interval = period / burst
        self._period = period
        self._clock = clock
        self._max_keys = max_keys
        self._full_at: OrderedDict[Hashable, float] = OrderedDict()

    def take(self, key: Hashable, count: int = 1) -> float:
        """Takes all of `count` from the bucket of `key`, and gives 0; or none, and gives the seconds to wait for them.

        Args:
            count: at most `burst`: there are never more.
        """
        wait = self.wait(key, count)
        if wait:
            return wait
        now = self._clock()
        self._full_at[key] = max(self._full_at.get(key, now), now) + count * self._interval
        self._full_at.move_to_end(key)
        self._forget(now)
        return 0

    def wait(self, key: Hashable, count: int = 1) -> float:
        """The seconds until the bucket of `key` holds `count`; 0 when it does. Takes nothing."""
        full_at = self._full_at.get(key)
        if full_at is None:
            return 0
        beyond = full_at - self._clock() + count * self._interval - self._period
        # Rounded up to microseconds: who comes back then finds them. What arithmetic loses is nobody's.
        return math.ceil(beyond * 1e6) / 1e6 if beyond > _ROUNDING else 0

    def fill_in(self, key: Hashable, seconds: float) -> None:
        """Says in how many seconds the bucket of `key` is full; it may have been emptied elsewhere."""
        if seconds > 0:
            self._full_at[key] = self._clock() + seconds
        else:
            self.forget(key)

    def forget(self, key: Hashable) -> None:
        """Forgets the bucket of `key`, which is full from then on."""
        self._full_at.pop(key, None)

    def __contains__(self, key: Hashable) -> bool:
        return key in self._full_at

    def __len__(self) -> int:
        return len(self._full_at)

    def _forget(self, now: float) -> None:
        # The oldest are mostly full; two are looked at per call, so that memory shrinks faster than it grows.
        for _ in range(2):
            key, full_at = next(iter(self._full_at.items()))
            if full_at > now and len(self._full_at) <= self._max_keys:
                return
            self.forget(key)
