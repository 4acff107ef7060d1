"""Runs the commands of AppShare as a person would, and shows them."""

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from demo.transcript import NotAsItMustBe, Transcript

ENVIRONMENT = {"APPSHARE_SOURCE": "file"}
"""Nothing is read from or installed on a phone of whoever watches."""


@dataclass(frozen=True)
class CommandLine:
    """One of AppShare's commands, typed by somebody.

    Attributes:
        who: for the transcript.
        name: of the command, as in the transcript.
        program: what really runs: a program and its first arguments.
    """

    transcript: Transcript
    who: str
    name: str
    program: Sequence[str]

    def show(self, *arguments: str | Path, exit_code: int | None = 0, live: bool = False) -> None:
        """Runs the command and shows what it printed.

        Args:
            exit_code: with which it must end; None: with any.
            live: let it write to the terminal itself, for a progress bar.

        Raises:
            NotAsItMustBe: it ended with another exit code.
        """
        words = [str(argument) for argument in arguments]
        self.transcript.command(self.who, shlex.join([self.name, *(_short(word) for word in words)]))
        result = run([*self.program, *words], None if live and sys.stderr.isatty() else subprocess.STDOUT)
        self.transcript.answer(result.stdout)
        if exit_code is not None:
            self._require(exit_code, result.returncode)

    def read(self, *arguments: str | Path, exit_code: int | None = 0) -> Any:
        """Runs the command with `--json`, without showing it; returns the document.

        Raises:
            NotAsItMustBe: it ended with another exit code.
        """
        words = [*map(str, arguments), "--json"]
        result = run([*self.program, *words], subprocess.PIPE)
        if exit_code is not None:
            if result.returncode != exit_code:
                self.transcript.answer(result.stdout + result.stderr)
            self._require(exit_code, result.returncode)
        return json.loads(result.stdout)

    def _require(self, expected: int, found: int) -> None:
        if found != expected:
            raise NotAsItMustBe(f"{self.name} ended with exit code {found}, not {expected}")


def run(words: Sequence[str], stderr: int | None) -> subprocess.CompletedProcess[str]:
    """Runs a program to its end.

    Args:
        stderr: where it writes its errors, as for `subprocess`.
    """
    return subprocess.run(
        words,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=stderr,
        text=True,
        check=False,
        env=os.environ | ENVIRONMENT,
    )


def _short(word: str) -> str:
    """A path without the folders that mean nothing to the reader."""
    return Path(word).name if word.startswith("/") else word
