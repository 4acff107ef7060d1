"""A folder of commands as they are in Termux, for the PATH of a test."""

import json
import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.support.android import ANSWERS

_SCRIPT = """\
#!/bin/sh
here=$(dirname "$0")
typed="$(basename "$0")${*:+ $*}"
printf '%s\\n' "$typed" >> "$here/typed"
answer="$here/answers/$(printf '%s' "$typed" | tr ' /:' '___')"
[ -f "$answer" ] && exec cat "$answer"
for any in "$here/answers/$(basename "$0")"; do [ -f "$any" ] && exec cat "$any"; done
echo "Failure calling service $(basename "$0")" >&2
exit 1
"""

_NOT_ALLOWED = ("dumpsys", "pm get-app-links")
"""What Android keeps from ordinary apps."""

PERSONAL: Mapping[str, Any] = {
    "termux-contact-list": [
        {"name": "Li Wei", "number": "+86 138 0013 8001"},
        {"name": "Li Wei", "number": "+86 138 0013 8009"},
        {"name": "张敏", "number": "+8613800138002"},
        {"name": "broken", "number": None},
    ],
    "termux-call-log": [
        {
            "name": "张敏",
            "phone_number": "+8613800138002",
            "type": "INCOMING",
            "date": "2026-01-02 10:00:00",
            "duration": "02:10",
            "sim_id": "1",
        },
        {
            "name": "UNKNOWN_CALLER",
            "phone_number": "+8613800138007",
            "type": "MISSED",
            "date": "2026-01-03 10:00:00",
            "duration": "00:00",
            "sim_id": None,
        },
        {"name": "UNKNOWN_CALLER", "phone_number": "-2", "type": "MISSED", "date": "2026-01-04 10:00:00"},
        {"name": "UNKNOWN_CALLER", "phone_number": None, "type": "REJECTED", "date": "2026-01-05 10:00:00"},
    ],
    "termux-sms-list": [
        {
            "threadid": 1,
            "type": "inbox",
            "read": True,
            "address": "+8613800138001",
            "number": "+8613800138001",
            "received": "2026-01-02 09:00:00",
            "body": "secret",
            "_id": 7,
        },
        {"threadid": 2, "type": "inbox", "address": "CarrierInfo", "received": "2026-01-03 09:00:00", "body": "secret"},
    ],
    "termux-open": "",
    "termux-notification": "",
}


class Termux:
    """The commands, and what was typed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "answers").mkdir(parents=True)
        for typed, said in ANSWERS.items():
            if not typed.startswith(_NOT_ALLOWED):
                self.answer(typed, said)
        for command, document in PERSONAL.items():
            self.answer(command, document if isinstance(document, str) else json.dumps(document, ensure_ascii=False))
        for command in (*PERSONAL, "getprop", "wm", "settings", "pm", "cmd", "dumpsys"):
            script = folder / command
            script.write_text(_SCRIPT)
            script.chmod(script.stat().st_mode | stat.S_IXUSR)

    def answer(self, typed: str, said: str) -> None:
        """Says what a command prints; a name alone stands for the command with any words."""
        (self.folder / "answers" / typed.translate(str.maketrans(" /:", "___"))).write_text(said, encoding="utf-8")

    @property
    def typed(self) -> list[str]:
        """The commands that were run."""
        path = self.folder / "typed"
        return path.read_text(encoding="utf-8").splitlines() if path.exists() else []

    @property
    def path(self) -> str:
        """The PATH with the commands first."""
        return f"{self.folder}{os.pathsep}{os.environ['PATH']}"
