"""What waits to be sent to the other copies, in bounded memory."""

from collections.abc import Iterable, Set

_LONGEST = 7_000
"""Characters of a message: PostgreSQL takes fewer than 8,000 bytes."""

_MOST_KEYS = 20_000
"""Keys of a topic that wait; of more it is only said that there were too many to name."""

_SEPARATOR = " "


class Outbox:
    """Keys by topic, each once; when they are too many, or were lost, it is said that anything may have happened."""

    def __init__(self, *, most_keys: int = _MOST_KEYS) -> None:
        self._most_keys = most_keys
        self._waiting: dict[str, dict[str, None] | None] = {}

    def add(self, topic: str, keys: Iterable[str]) -> None:
        """Adds keys, behind those that wait."""
        waiting = self._waiting.setdefault(topic, {})
        if waiting is None:
            return
        waiting.update(dict.fromkeys(keys))
        if len(waiting) > self._most_keys:
            self._waiting[topic] = None
        elif not waiting:
            del self._waiting[topic]

    def lose(self, topic: str) -> None:
        """Says that keys of a topic are lost that cannot be named any more."""
        self._waiting[topic] = None

    def take(self) -> tuple[str, str] | None:
        """A topic and a message that is to be sent now, the oldest; None: nothing waits."""
        if not self._waiting:
            return None
        topic, waiting = next(iter(self._waiting.items()))
        if waiting is None:
            del self._waiting[topic]
            return topic, ""
        taken: list[str] = []
        length = 0
        for key in waiting:
            length += len(key) + 1
            if taken and length > _LONGEST:
                break
            taken.append(key)
        for key in taken:
            del waiting[key]
        if not waiting:
            del self._waiting[topic]
        return topic, _SEPARATOR.join(taken)

    def __len__(self) -> int:
        return sum(1 if keys is None else len(keys) for keys in self._waiting.values())


def read_message(message: str) -> Set[str] | None:
    """The keys of a message; None: any."""
    return frozenset(message.split(_SEPARATOR)) if message else None
