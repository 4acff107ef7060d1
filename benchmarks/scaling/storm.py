"""A registration storm: phones that all want to sync their first book, and copies of RelationRadar that write it.

A phone's call goes to one copy, which answers so many at once and refuses the others with a RetryInfo, as
`rpc/call_limit.py` does. The gateway refuses an address that calls too often before that, with the time at which the
next call is free, as `gateway/rate_limits.py` does. What waits beyond its deadline is given up, its place free at once.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from math import ceil
from random import Random

from benchmarks.scaling.events import Timeline


@dataclass(frozen=True)
class StormPlan:
    """Who comes, and what meets them.

    Attributes:
        phones: that register.
        spread: seconds; the mean of the exponential distribution of their first calls. They hear of it together.
        writers: copies that write books, each on cores and a share of the database of its own.
        books_per_second: that one of them writes.
        places: calls that a copy has under way; more are refused.
        deadline: seconds that a call waits.
        retry_info: seconds after which a busy copy tells phones to come back.
        backs_off: whether a phone doubles what it was told with each refusal, and takes a random part of it.
        longest_pause: seconds, of a phone that backs off.
        tries: after which a phone gives up until its owner tries again.
        addresses: network addresses that the phones share: carriers give one to thousands.
        calls_per_address: in a minute; 0: no limit.
    """

    phones: int = 20_000
    spread: float = 20.0
    writers: int = 1
    books_per_second: float = 134.0
    places: int = 2_000
    deadline: float = 30.0
    retry_info: float = 1.0
    backs_off: bool = True
    longest_pause: float = 120.0
    tries: int = 30
    addresses: int = 1_000
    calls_per_address: int = 0


@dataclass
class StormOutcome:
    """What became of the phones.

    Attributes:
        waits: seconds from the first call of each phone that has registered to its end, in the order of their ends.
        ends: the times at which they were registered.
        queue: (seconds, calls under way in all copies), once a second.
    """

    registered: int = 0
    given_up: int = 0
    calls: int = 0
    refused_busy: int = 0
    refused_address: int = 0
    expired: int = 0
    waits: list[float] = field(default_factory=list)
    ends: list[float] = field(default_factory=list)
    queue: list[tuple[float, int]] = field(default_factory=list)

    def wait(self, share: float) -> float:
        """The seconds within which this share of those who registered were."""
        return sorted(self.waits)[min(int(share * len(self.waits)), len(self.waits) - 1)]

    def time(self, share: float) -> float | None:
        """The time at which this share of all phones was registered; None: so many never were."""
        needed = ceil(share * (self.registered + self.given_up))
        return self.ends[needed - 1] if needed <= len(self.ends) else None


@dataclass
class _Phone:
    number: int
    first_call: float
    tries: int = 0
    waiting: bool = False


class _Writer:
    """A copy: one book after the other, the others wait in their order."""

    def __init__(self, storm: "_Storm") -> None:
        self._storm = storm
        self._queue: deque[tuple[_Phone, int]] = deque()
        self._is_writing = False
        self.under_way = 0

    def take(self, phone: _Phone) -> None:
        self.under_way += 1
        phone.waiting = True
        self._queue.append((phone, phone.tries))
        self._storm.timeline.after(self._storm.plan.deadline, partial(self._expire, phone, phone.tries))
        if not self._is_writing:
            self._write_next()

    def _write_next(self) -> None:
        while self._queue:
            phone, call = self._queue.popleft()
            if phone.waiting and phone.tries == call:
                phone.waiting = False  # its deadline ends the waiting; what is being written is written
                self._is_writing = True
                seconds = self._storm.random.expovariate(self._storm.plan.books_per_second)
                self._storm.timeline.after(seconds, partial(self._written, phone))
                return
        self._is_writing = False

    def _written(self, phone: _Phone) -> None:
        self.under_way -= 1
        self._storm.succeed(phone)
        self._write_next()

    def _expire(self, phone: _Phone, call: int) -> None:
        if phone.waiting and phone.tries == call:
            phone.waiting = False
            self.under_way -= 1
            self._storm.outcome.expired += 1
            self._storm.come_back(phone, self._storm.plan.retry_info)


class _Addresses:
    """A token bucket for each network address."""

    def __init__(self, timeline: Timeline, count: int, per_minute: int) -> None:
        self._timeline = timeline
        self._per_minute = per_minute
        self._left = [(float(per_minute), 0.0)] * count

    def wait(self, address: int) -> float:
        """Takes a call; 0.0, or the seconds until there is one."""
        if not self._per_minute:
            return 0.0
        left, then = self._left[address]
        left = min(self._per_minute, left + (self._timeline.now - then) * self._per_minute / 60)
        if left < 1:
            self._left[address] = left, self._timeline.now
            return (1 - left) * 60 / self._per_minute
        self._left[address] = left - 1, self._timeline.now
        return 0.0


class _Storm:
    def __init__(self, plan: StormPlan, random: Random, timeline: Timeline) -> None:
        self.plan = plan
        self.random = random
        self.timeline = timeline
        self.outcome = StormOutcome()
        self._writers = [_Writer(self) for _ in range(plan.writers)]
        self._addresses = _Addresses(timeline, plan.addresses, plan.calls_per_address)
        self._ended = 0

    def run(self, arrivals: Iterable[float]) -> StormOutcome:
        coming = enumerate(arrivals)
        self._expect(coming)
        self._look()
        self.timeline.run()
        return self.outcome

    def succeed(self, phone: _Phone) -> None:
        self._ended += 1
        self.outcome.registered += 1
        self.outcome.waits.append(self.timeline.now - phone.first_call)
        self.outcome.ends.append(self.timeline.now)

    def come_back(self, phone: _Phone, told: float) -> None:
        if phone.tries >= self.plan.tries:
            self._ended += 1
            self.outcome.given_up += 1
            return
        pause = told
        if self.plan.backs_off:
            # Not before the time that it was told; beyond it, anywhere in a room that doubles.
            room = min(self.plan.longest_pause, told * 2**phone.tries)
            pause = told + self.random.uniform(0, room)
        self.timeline.after(pause, partial(self._call, phone))

    def _expect(self, coming: Iterator[tuple[int, float]]) -> None:
        """Lets the next phone come: so the timeline does not hold all of them from the beginning."""
        following = next(coming, None)
        if following is not None:
            number, time = following
            phone = _Phone(number, time)
            self.timeline.after(time - self.timeline.now, partial(self._come, phone, coming))

    def _come(self, phone: _Phone, coming: Iterator[tuple[int, float]]) -> None:
        self._call(phone)
        self._expect(coming)

    def _call(self, phone: _Phone) -> None:
        phone.tries += 1
        self.outcome.calls += 1
        if wait := self._addresses.wait(phone.number % self.plan.addresses):
            self.outcome.refused_address += 1
            self.come_back(phone, wait)
            return
        writer = self.random.choice(self._writers)  # over thousands of connections, round robin is as good as chance
        if writer.under_way >= self.plan.places:
            self.outcome.refused_busy += 1
            self.come_back(phone, self.plan.retry_info)
        else:
            writer.take(phone)

    def _look(self) -> None:
        self.outcome.queue.append((self.timeline.now, sum(writer.under_way for writer in self._writers)))
        if self._ended < self.plan.phones:
            self.timeline.after(1.0, self._look)


def simulate_storm(plan: StormPlan, seed: int = 1) -> StormOutcome:
    """Lets a storm pass; the same plan and seed give the same outcome."""
    random = Random(seed)  # noqa: S311  # to be repeated
    arrivals = sorted(random.expovariate(1 / plan.spread) for _ in range(plan.phones))
    return _Storm(plan, random, Timeline()).run(arrivals)


def simulate_steady(plan: StormPlan, calls_per_second: float, seed: int = 1) -> StormOutcome:
    """Lets phones come evenly, as a Poisson process, instead: what queueing theory has formulas for."""
    random = Random(seed)  # noqa: S311  # to be repeated
    times, now = [], 0.0
    for _ in range(plan.phones):
        now += random.expovariate(calls_per_second)
        times.append(now)
    return _Storm(plan, random, Timeline()).run(times)
