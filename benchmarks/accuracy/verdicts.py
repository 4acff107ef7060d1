"""How verdicts compare with the truth."""

from collections.abc import Set as AbstractSet


class Tally:
    """Counts the verdicts of viewers about owners; a share of nothing is None."""

    def __init__(self) -> None:
        self._right = 0
        self._wrong = 0
        self._missed = 0

    def add(self, verdicts: AbstractSet[int], friends: AbstractSet[int]) -> None:
        """Counts whom the radar takes for one viewer's friends beside who they are."""
        self._right += len(verdicts & friends)
        self._wrong += len(verdicts - friends)
        self._missed += len(friends - verdicts)

    @property
    def precision(self) -> float | None:
        """The share of the verdicts that are right."""
        return _share(self._right, self._right + self._wrong)

    @property
    def recall(self) -> float | None:
        """The share of the friendships that are found."""
        return _share(self._right, self._right + self._missed)

    @property
    def f1(self) -> float | None:
        """The harmonic mean of precision and recall."""
        return _share(2 * self._right, 2 * self._right + self._wrong + self._missed)


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
