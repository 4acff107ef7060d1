"""Which home a command works on, as the options before its name say; nothing is imported for it."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class HomeChoice:
    """Which home a command works on.

    Attributes:
        folder: None: where a user's programs keep their configuration.
        profile: one of several registrations; None: the one that needs no name.
    """

    folder: Path | None = None
    profile: str | None = None
