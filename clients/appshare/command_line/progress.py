"""How far a transfer is, on standard error: a bar on a terminal, else a line per tenth."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

import click
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, DownloadColumn, TaskID, TextColumn, TimeRemainingColumn, TransferSpeedColumn
from rich.progress import Progress as RichProgress

from appshare.command_line.output import printable


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
def shown_progress(label: str) -> Iterator[Progress]:
    """Shows the progress of a transfer while the context is open."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield _Lines(printable(label))
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with RichProgress(*columns, console=console) as bar:
        yield _Bar(bar, escape(printable(label)))


class _Bar:
    """A bar with rate and remaining time."""

    def __init__(self, bar: RichProgress, label: str) -> None:
        self._bar = bar
        self._label = label
        self._task: TaskID | None = None

    def begin(self, total: int, done: int) -> None:
        if self._task is None:
            self._task = self._bar.add_task(self._label)
        self._bar.reset(self._task, total=total, completed=done)

    def advance(self, count: int) -> None:
        if self._task is not None:
            self._bar.advance(self._task, count)


class _Lines:
    """A line whenever another tenth is there."""

    def __init__(self, label: str) -> None:
        self._label = label
        self._total = self._done = self._tenths = 0

    def begin(self, total: int, done: int) -> None:
        self._total, self._done = total, done
        self._tenths = self._tenth()

    def advance(self, count: int) -> None:
        self._done += count
        if self._tenth() > self._tenths:
            self._tenths = self._tenth()
            click.echo(f"{self._label}: {self._tenths * 10} % of {self._total:,} bytes", err=True)

    def _tenth(self) -> int:
        return self._done * 10 // self._total if self._total else 10
