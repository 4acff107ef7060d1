"""Android's own commands, wherever they are run."""

from pathlib import Path
from typing import Protocol

from appshare.device_agent.sources.source import CommandFailedError

MOST_OUTPUT = 64 << 20
"""Bytes that a command may print: a phone with a thousand apps says some 10 MB of them."""


class Shell(Protocol):
    """Runs commands of Android."""

    def run(self, *words: str) -> str:
        """What a command prints.

        Raises:
            CommandFailedError: it fails, is not allowed, or prints more than `MOST_OUTPUT`.
            FailureError: the phone is gone.
        """

    def feed(self, path: Path, *words: str) -> str:
        """What a command prints that reads a file from its standard input; raises as `run` and OSError for the file."""


def run_if_possible(shell: Shell, *words: str) -> str:
    """What a command prints; nothing where this Android does not have or allow it."""
    try:
        return shell.run(*words)
    except CommandFailedError:
        return ""
