"""How far a transfer is: a bar on a terminal, else a line per tenth, on standard error."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

import click


class Progress(Protocol):
    """Follows a transfer."""

    def begin(self, total: int, done: int) -> None:
        """A transfer of `total` bytes begins, or goes on, with `done` of them there already."""

    def advance(self, count: int) -> None:
        """So many more bytes are there."""


class Unseen:
    """Shows nothing."""

    def begin(self, total: int, done: int) -> None:
        """Shows nothing."""

    def advance(self, count: int) -> None:
        """Shows nothing."""


@contextmanager
def progress(label: str, *, quiet: bool = False) -> Iterator[Progress]:
    """Shows the progress of a transfer while the context is open."""
    from rich.console import Console  # noqa: PLC0415  # loaded when something is transferred, not for --help

    console = Console(stderr=True)
    if quiet:
        yield Unseen()
    elif console.is_terminal:
        with _Bar(label, console) as bar:
            yield bar
    else:
        yield _Lines(label)


class _Bar:
    """A bar with rate and remaining time."""

    def __init__(self, label: str, console: "Console") -> None: ...
