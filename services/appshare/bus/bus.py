"""The contract of a bus, and the one of a process that has no other copies."""

from collections.abc import Callable, Iterable, Set
from typing import Protocol, TypeAlias

Handler: TypeAlias = Callable[[Set[str] | None], None]
"""Takes the keys that something has happened to; None: anything may have happened to any. It is quick."""


class Bus(Protocol):
    """Wakes the other copies, and processes beside them.

    A message says that there is something to look at, and the database says what. So a message may be lost, come twice
    or come for nothing: it costs time, never data. Keys are opaque: never a number, a name or a token.
    """

    @property
    def is_alone(self) -> bool:
        """Whether nobody else could hear, so that nothing needs to be found out for them."""

    def publish(self, topic: str, keys: Iterable[str]) -> None:
        """Tells all others that something has happened to the keys; returns at once and never fails.

        Args:
            topic: lower-case words, joined by `-`.
            keys: without white space.
        """

    def subscribe(self, topic: str, handler: Handler) -> None:
        """Gives the handler what others publish, for as long as the bus is open; never what this process publishes.

        After a time in which messages may have been lost it gets None.
        """


class NoBus:
    """The bus of a process that is the only one: nobody is told, and nobody tells."""

    @property
    def is_alone(self) -> bool:
        """Yes."""
        return True

    def publish(self, topic: str, keys: Iterable[str]) -> None:
        """Does nothing."""

    def subscribe(self, topic: str, handler: Handler) -> None:
        """Does nothing."""
