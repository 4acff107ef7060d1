"""How often a person may look others up."""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import timedelta

from appshare import errors
from appshare.process.clock import Clock
from appshare.relation_radar.model import NumberKey

_HOUR = 3600.0
_MOST_PEOPLE = 100_000
"""People who are remembered; about 20 MB."""


@dataclass(slots=True)
class _Bucket:
    """What a person may still look up, at a time in seconds since the epoch."""

    left: float
    time: float


class LookupLimiter:
    """Lets each person look up so many others in an hour, so that nobody tries out numbers to find who is registered.

    A token bucket per person, in memory: each copy of the process has its own, and a person may ask each of them so
    often. Of very many people, those who have not asked for the longest time are forgotten, and start anew.

    Args:
        per_hour: how many may be looked up in the long run.
        burst: how many at once, after a time without any.
    """

    def __init__(self, per_hour: int, burst: int, clock: Clock, *, most_people: int = _MOST_PEOPLE) -> None:
        self._per_second = per_hour / _HOUR
        self._burst = burst
        self._clock = clock
        self._most_people = most_people
        self._buckets: OrderedDict[NumberKey, _Bucket] = OrderedDict()

    def take(self, person: NumberKey, count: int = 1) -> None:
        """Counts look-ups, all of them or none.

        Args:
            person: who asks, by their number.
            count: at most `burst`.

        Raises:
            errors.ResourceExhaustedError: LIMIT_EXCEEDED, with the time until there are enough.
        """
        bucket = self._refilled(person)
        if bucket.left < count:
            raise errors.ResourceExhaustedError(
                errors.Reason.LIMIT_EXCEEDED,
                "you have looked up too many people; try again later",
                retry_after=timedelta(seconds=(count - bucket.left) / self._per_second),
                limit="lookups_per_hour",
            )
        bucket.left -= count

    def _refilled(self, person: NumberKey) -> _Bucket:
        """The bucket as it is now, made the last to be forgotten."""
        now = self._clock()
        bucket = self._buckets.setdefault(person, _Bucket(self._burst, now))
        self._buckets.move_to_end(person)
        if len(self._buckets) > self._most_people:
            self._buckets.popitem(last=False)
        # A clock that was set back takes nothing away, and goes on from there.
        bucket.left = min(self._burst, bucket.left + max(0.0, now - bucket.time) * self._per_second)
        bucket.time = now
        return bucket
