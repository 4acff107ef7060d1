"""Rates that hold over all copies of the gateway: each counts by itself, and settles with the others in blocks."""

import asyncio
import hashlib
import math
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import structlog

from appshare import errors
from appshare.rpc.rate import TokenBuckets

_BLOCKS = 20
"""Into how many blocks a limit is divided: a copy settles when it has counted one."""

_MOST_WAITING = 10_000
"""Keys that wait to be settled; of more, those that come are settled later."""

_AT_ONCE = 500
"""Keys that are settled in one go."""

_TEND_EVERY = 10.0
"""Seconds between two looks at how many copies there are, and at what nobody needs any more."""

_AWAY = 3 * _TEND_EVERY
"""Seconds after which a copy that does not show itself counts for none."""

_PAUSE = 1.0
"""Seconds until the store is tried again."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Taken:
    """What a copy has counted of one key.

    Attributes:
        key: an opaque digest.
        seconds: by which the bucket is full later.
    """

    key: bytes
    seconds: float


class RateStore(Protocol):
    """What copies settle with. Its methods raise `errors.UnavailableError`."""

    async def settle(self, taken: Sequence[Taken]) -> Mapping[bytes, float]:
        """Adds what was counted, each key once; returns by key the seconds until its bucket is full again."""

    async def tend(self, copy_id: str, away_after: float) -> int:
        """Says that a copy is there, removes what is over, and returns how many copies there are."""


class SharedRates:
    """Settles the buckets of a gateway with those of its copies.

    A call waits for nothing: it is counted here, and the store is told afterwards, of many calls together. What is rare
    never gets there. So of a limit of N calls the copies together let through at most N, and of each copy what it has
    not settled: N / 20 (at least one), and what comes while one question to the store is under way.

    While the store is away, each call counts for as many as there were copies: each copy then has its part of a limit.

    Args:
        secret: the same in all copies; makes the digests by which things are counted.
    """

    def __init__(self, store: RateStore, secret: bytes, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._secret = secret
        self._clock = clock
        self._copy_id = secrets.token_hex(8)
        self._waiting: OrderedDict[tuple[SharedBuckets, Hashable], None] = OrderedDict()
        self._something_to_do = asyncio.Event()
        self._copies = 1
        self._is_away = False
        self._under_way = False

    @property
    def copies(self) -> int:
        """How many copies there are, as far as is known."""
        return self._copies

    @property
    def is_settling(self) -> bool:
        """Whether something is to be settled, or is under way."""
        return bool(self._waiting) or self._under_way

    def buckets(self, name: str, burst: int, period: float) -> "SharedBuckets":
        """Buckets that all copies have under one name."""
        return SharedBuckets(self, name, burst, period, self._clock)

    @property
    def weight(self) -> int:
        """For how many a call counts."""
        return self._copies if self._is_away else 1

    async def run(self) -> None:
        """Settles for as long as it runs."""
        tending = asyncio.create_task(self._keep_tending())
        try:
            while True:
                await self._something_to_do.wait()
                self._something_to_do.clear()
                self._under_way = True
                await self._settle_all()
                self._under_way = False
        finally:
            tending.cancel()
            await asyncio.wait([tending])

    def settle_soon(self, buckets: "SharedBuckets", key: Hashable) -> None:
        """Has the count of a key settled."""
        if len(self._waiting) < _MOST_WAITING:
            self._waiting[buckets, key] = None
            self._something_to_do.set()

    def digest(self, name: str, key: Hashable) -> bytes:
        """What stands for a key in the store."""
        return hashlib.blake2b(f"{name}\0{key}".encode(), key=self._secret, digest_size=16).digest()

    async def _settle_all(self) -> None:
        while self._waiting:
            due = [self._waiting.popitem(last=False)[0] for _ in range(min(_AT_ONCE, len(self._waiting)))]
            taken = {buckets.begin_settling(key): (buckets, key) for buckets, key in due}
            try:
                left = await self._store.settle(list(taken))
            except errors.UnavailableError as error:
                self._note(is_away=True, why=error.message)
                for each, (buckets, key) in taken.items():
                    buckets.give_back(key, each)
                    self.settle_soon(buckets, key)
                await asyncio.sleep(_PAUSE)
                return
            self._note(is_away=False)
            for each, (buckets, key) in taken.items():
                buckets.learn(key, left.get(each.key, 0.0))

    async def _keep_tending(self) -> None:
        while True:
            try:
                self._copies = max(1, await self._store.tend(self._copy_id, _AWAY))
                self._note(is_away=False)
            except errors.UnavailableError as error:
                self._note(is_away=True, why=error.message)
            await asyncio.sleep(_TEND_EVERY)

    def _note(self, *, is_away: bool, why: str = "") -> None:
        if is_away and not self._is_away:
            _log.warning("rates are counted by each copy of the gateway for itself", copies=self._copies, why=why)
        self._is_away = is_away


class SharedBuckets(TokenBuckets):
    """Token buckets that are settled with those of other copies.

    What was counted and not settled is remembered with a bucket, and forgotten with it: it is full again by then.
    """

    def __init__(self, rates: SharedRates, name: str, burst: int, period: float, clock: Callable[[], float]) -> None:
        super().__init__(burst, period, clock=clock)
        self._rates = rates
        self._name = name
        self._burst = burst
        self._interval = period / burst
        self._block = math.ceil(burst / _BLOCKS)
        self._unsettled: dict[Hashable, int] = {}

    def take(self, key: Hashable, count: int = 1) -> float:
        """Takes as `TokenBuckets` does, from what is left over all copies as far as that is known."""
        wait = super().take(key, min(count * self._rates.weight, self._burst))
        if not wait:
            unsettled = self._unsettled[key] = self._unsettled.get(key, 0) + count
            if unsettled >= self._block:
                self._rates.settle_soon(self, key)
        return wait

    def begin_settling(self, key: Hashable) -> Taken:
        """What was counted of a key, which counts as settled from now on."""
        return Taken(self._rates.digest(self._name, key), self._unsettled.pop(key, 0) * self._interval)

    def give_back(self, key: Hashable, taken: Taken) -> None:
        """Says that it was not settled after all."""
        if key in self:
            self._unsettled[key] = self._unsettled.get(key, 0) + round(taken.seconds / self._interval)

    def learn(self, key: Hashable, seconds: float) -> None:
        """Says when the bucket is full again, over all copies but for what was counted here meanwhile."""
        self.fill_in(key, seconds + self._unsettled.get(key, 0) * self._interval)

    def forget(self, key: Hashable) -> None:
        """Forgets the bucket of a key."""
        super().forget(key)
        self._unsettled.pop(key, None)
