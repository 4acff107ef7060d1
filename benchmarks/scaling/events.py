"""A clock of its own and what is to happen at which time: all that a discrete-event simulation needs."""

import heapq
from collections.abc import Callable
from itertools import count

Action = Callable[[], None]


class Timeline:
    """What happens, in the order of its times; at one time in the order in which it was said."""

    def __init__(self) -> None:
        self.now = 0.0
        self._events: list[tuple[float, int, Action]] = []
        self._numbers = count()

    def after(self, seconds: float, action: Action) -> None:
        """Lets something happen so many seconds from now."""
        if seconds < 0:
            raise ValueError(f"{seconds} seconds from now is in the past")
        heapq.heappush(self._events, (self.now + seconds, next(self._numbers), action))

    def run(self, until: float = float("inf")) -> None:
        """Lets everything happen up to a time, and what follows from it; the clock stays there."""
        while self._events and self._events[0][0] <= until:
            self.now, _number, action = heapq.heappop(self._events)
            action()
        if until != float("inf"):
            self.now = until
