"""What the rules choose from a set."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Selection:
    """The files of a set to install together, by their names in the set, and why these."""

    names: tuple[str, ...]
    why: tuple[str, ...]
