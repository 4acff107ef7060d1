"""Push fan-out: senders with many friends, phones that come and go, inboxes that fill and are emptied.

A push writes one event into the inbox of each recipient, all in one transaction; a sender's newer push of the same apps
takes the place of the older one (`share_registry/pushes.py`). A phone that is connected is woken, reads, and
acknowledges; a phone that is not finds everything when it comes back.
"""

from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from random import Random

from benchmarks.scaling.events import Timeline


@dataclass(frozen=True)
class FanOutPlan:
    """Who pushes to whom, and how phones come and go.

    Attributes:
        phones: that receive.
        connected: the share of time that a phone is connected.
        session: seconds that it is connected at a time, in the mean; the times are exponentially distributed.
        senders: that each phone receives pushes of, in the mean.
        pushes_per_day: of each sender, all of the same apps with the probability `same_apps`, else of others.
        same_apps: probability that a push takes the place of the sender's former one where that still waits.
        celebrities: senders whom every phone receives; they push once, together, in the middle.
        wake: seconds until a connected phone has been woken and has acknowledged, in the mean.
        seconds: that are simulated.
    """

    phones: int = 2_000
    connected: float = 0.4
    session: float = 1_800.0
    senders: int = 20
    pushes_per_day: float = 0.5
    same_apps: float = 0.5
    celebrities: int = 1
    wake: float = 0.2
    seconds: float = 2 * 86_400.0


@dataclass
class FanOutOutcome:
    """What became of the events.

    Attributes:
        replaced: whose place a newer one took before they were read.
        waiting: left in inboxes at the end.
        wake_ups: of connected phones: messages between copies.
        reconnects: of phones: each reads its inbox once.
        inbox: (seconds, mean events waiting per phone, most of one phone), once every ten minutes.
        celebrity_waits: seconds from a celebrity's push to its acknowledgement.
        celebrity_waiting: of those events, what is left in inboxes at the end.
    """

    events: int = 0
    delivered: int = 0
    replaced: int = 0
    waiting: int = 0
    wake_ups: int = 0
    reconnects: int = 0
    connected_at_push: int = 0
    inbox: list[tuple[float, float, int]] = field(default_factory=list)
    celebrity_waits: list[float] = field(default_factory=list)
    celebrity_waiting: int = 0


class _Phone:
    def __init__(self) -> None:
        self.is_connected = False
        self.inbox: dict[tuple[int, int], float] = {}
        """When each event came, by its sender and topic."""


_LOOK = 600.0
_CELEBRITY = -1
"""Senders below zero are celebrities."""


class _FanOut:
    def __init__(self, plan: FanOutPlan, random: Random) -> None:
        self.plan = plan
        self.outcome = FanOutOutcome()
        self._random = random
        self._timeline = Timeline()
        self._phones = [_Phone() for _ in range(plan.phones)]
        self._topics: Counter[int] = Counter()

    def run(self) -> FanOutOutcome:
        plan, after = self.plan, self._timeline.after
        for phone in self._phones:
            phone.is_connected = self._random.random() < plan.connected
            after(self._until_change(phone), partial(self._change, phone))
        self._push_later()
        for number in range(plan.celebrities):
            after(plan.seconds / 2, partial(self._push_to_all, _CELEBRITY - number))
        self._look()
        self._timeline.run(plan.seconds)
        self.outcome.waiting = sum(len(phone.inbox) for phone in self._phones)
        left = (sender for phone in self._phones for sender, _topic in phone.inbox)
        self.outcome.celebrity_waiting = sum(sender <= _CELEBRITY for sender in left)
        return self.outcome

    def _until_change(self, phone: _Phone) -> float:
        away = self.plan.session * (1 - self.plan.connected) / self.plan.connected
        return self._random.expovariate(1 / (self.plan.session if phone.is_connected else away))

    def _change(self, phone: _Phone) -> None:
        phone.is_connected = not phone.is_connected
        if phone.is_connected:
            self.outcome.reconnects += 1
            self._timeline.after(self._random.expovariate(1 / self.plan.wake), partial(self._drain, phone))
        self._timeline.after(self._until_change(phone), partial(self._change, phone))

    def _push_later(self) -> None:
        """The next event that one sender puts into one inbox: all of them together are one Poisson process."""
        rate = self.plan.phones * self.plan.senders * self.plan.pushes_per_day / 86_400
        if rate:
            self._timeline.after(self._random.expovariate(rate), self._push)

    def _push(self) -> None:
        sender = self._random.randrange(self.plan.senders)
        phone = self._random.choice(self._phones)
        if self._random.random() >= self.plan.same_apps:
            self._topics[sender] += 1
        self._put(phone, (sender, self._topics[sender]))
        self._push_later()

    def _push_to_all(self, sender: int) -> None:
        self.outcome.connected_at_push += sum(phone.is_connected for phone in self._phones)
        for phone in self._phones:
            self._put(phone, (sender, 0))

    def _put(self, phone: _Phone, topic: tuple[int, int]) -> None:
        self.outcome.events += 1
        self.outcome.replaced += topic in phone.inbox
        phone.inbox[topic] = self._timeline.now
        if phone.is_connected:
            self.outcome.wake_ups += 1
            self._timeline.after(self._random.expovariate(1 / self.plan.wake), partial(self._drain, phone))

    def _drain(self, phone: _Phone) -> None:
        if not phone.is_connected:
            return  # the acknowledgement did not arrive: the events come again
        for (sender, _topic), came in phone.inbox.items():
            if sender <= _CELEBRITY:
                self.outcome.celebrity_waits.append(self._timeline.now - came)
        self.outcome.delivered += len(phone.inbox)
        phone.inbox.clear()

    def _look(self) -> None:
        sizes = [len(phone.inbox) for phone in self._phones]
        self.outcome.inbox.append((self._timeline.now, sum(sizes) / len(sizes), max(sizes)))
        self._timeline.after(_LOOK, self._look)


def simulate_fan_out(plan: FanOutPlan, seed: int = 1) -> FanOutOutcome:
    """Lets pushes come for a while; the same plan and seed give the same outcome."""
    return _FanOut(plan, Random(seed)).run()  # noqa: S311  # to be repeated
