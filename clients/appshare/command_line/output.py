"""What a command prints: tables and sentences for people, JSON for programs."""

import json
import os
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import asdict, is_dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from appshare import errors
from appshare.command_line.failure import FailureError
from appshare.command_line.input_error import InputError

_BIDI_CONTROLS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


class Output:
    """Prints for people, or JSON for programs.

    Attributes:
        as_json: whether the command was asked for JSON; then nothing else goes to standard output.
    """

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json

    def document(self, value: object) -> None:
        """Prints the command's one JSON document."""
        click.echo(json.dumps(value, default=_plain, ensure_ascii=False, indent=2))

    def line(self, value: object) -> None:
        """Prints a JSON document in one line."""
        click.echo(json.dumps(value, default=_plain, ensure_ascii=False))

    def text(self, text: str) -> None:
        """Prints a sentence."""
        click.echo(printable(text))

    def mark(self, word: str, colour: str, text: str) -> None:
        """Prints a sentence behind a short word, which has a colour on a terminal."""
        click.secho(f"{word:<6}", fg=colour, nl=False, color=_colour())
        self.text(text)

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """Prints a table."""
        from appshare.command_line.table import print_table  # noqa: PLC0415  # rich costs time; few commands need it

        print_table(columns, [[printable(str(cell)) for cell in row] for row in rows])

    def note(self, text: str) -> None:
        """Tells the person something beside the result, on standard error."""
        click.echo(printable(text), err=True)

    def failure(self, error: InputError | FailureError | errors.AppShareError | OSError) -> None:
        """Tells why the command failed: on standard error, or as the JSON document."""
        if self.as_json:
            self.line({"error": _describe(error)})
            return
        click.secho("Error: ", fg="red", nl=False, err=True, color=_colour())
        self.note(sentence(error))
        for candidate in getattr(error, "candidates", ()):
            self.note(f"  {candidate}")


def printable(text: str) -> str:
    """The text without what could steer a terminal: names and notes come from other people."""
    return "".join("\ufffd" if _steers(character) else character for character in text)


def counted(count: int, noun: str) -> str:
    """A number of things, for example "1 card" or "2 cards"."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def is_terminal() -> bool:
    """Whether a person can answer a question."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def sentence(error: Exception) -> str:
    """What went wrong, for a person."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}: {error.filename}" if error.filename else error.strerror
    return str(error)


def _colour() -> bool | None:
    """Whether to write in colour; None: only on a terminal."""
    return False if os.environ.get("NO_COLOR") else None


def _steers(character: str) -> bool:
    if character in "\n\t":
        return False
    return character in _BIDI_CONTROLS or unicodedata.category(character) == "Cc"


def _describe(error: Exception) -> dict[str, Any]:
    described: dict[str, Any] = {"message": sentence(error)}
    if isinstance(error, FailureError | errors.AppShareError):
        described = {"reason": error.reason, **described}
    if isinstance(error, errors.AppShareError):
        if error.field is not None:
            described["field"] = error.field
        if error.retry_after is not None:
            described["retry_after_seconds"] = error.retry_after.total_seconds()
    if isinstance(error, InputError) and error.candidates:
        described["candidates"] = error.candidates
    return described


def _plain(value: object) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"not for JSON: {type(value).__name__}")
