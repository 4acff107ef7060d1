"""Notifications of the desktop or of the phone, by the program that is there for them."""

import html
import shutil
import subprocess
from collections.abc import Callable
from contextlib import suppress
from functools import partial

from appshare.command_line.input_error import InputError
from appshare.command_line.output import printable

_PATIENCE = 10.0
"""Seconds for the program; a notification that takes longer is given up."""

Notify = Callable[[str, str], None]
"""Shows a title and a text."""


def find_notifier() -> Notify:
    """What shows notifications here.

    Raises:
        InputError: nothing does.
    """
    if program := shutil.which("termux-notification"):
        return partial(_notify_termux, program)
    if program := shutil.which("notify-send"):
        return partial(_notify_desktop, program)
    raise InputError("notifications need notify-send (libnotify) or, in Termux, termux-notification (termux-api)")


def _notify_termux(program: str, title: str, text: str) -> None:
    _run(program, "--group", "appshare", "--title", title, "--content", text)


def _notify_desktop(program: str, title: str, text: str) -> None:
    # The text may hold markup there; what other people write is shown as it is.
    _run(program, "--app-name=AppShare", "--", title, html.escape(text, quote=False))


def _run(program: str, *words: str) -> None:
    # A notification that fails costs nothing: the event is printed all the same.
    with suppress(OSError, ValueError, subprocess.TimeoutExpired):
        subprocess.run(  # noqa: S603  # without a shell between
            [program, *(printable(word) for word in words)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_PATIENCE,
            check=False,
        )
