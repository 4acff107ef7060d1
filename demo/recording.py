"""`make docs`: writes what the demo prints into docs/recording.md, the same every time.

Ids, codes, times, ports and folders are other ones in every play; the recording has invented ones in their places, of
the same width.
"""

import base64
import hashlib
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import click

RECORDING = Path(__file__).parents[1] / "docs" / "recording.md"

_HEAD = """\
# AppShare at work

What `make demo` prints: real commands against a real cloud, step by step along the original design. `make docs` plays
it again and writes this file; ids, codes, times, ports and folders are invented, so that only a change of the program
changes it.
"""

_STEP = re.compile(r"(?P<number>[A-Z]\d+)  (?P<title>.+)")
_INDENT = "    "
_DEVICE = re.compile(r"(?<=\bdevice[ :])[\w-]{22}(?![\w-])")
_PUSH = re.compile(r"(?<=\bPush )[0-9a-f]{32}\b")
_CONSTANT = [
    (re.compile(r"(?<=--code )\d{6}\b"), "482913"),
    (re.compile(r"\b\d{4}-\d\d-\d\d \d\d:\d\d\b"), "2026-11-23 09:20"),
    (re.compile(r"(?<=\b127\.0\.0\.1:)\d{5}\b"), "17400"),
    (re.compile(r"/\S*/appshare-phones-\w+/"), ""),
]


def recording_of(printed: str) -> str:
    """The page for what the demo has printed: a heading per step, and under it what was typed and answered."""
    text = _with_invented_ids(printed)
    for pattern, invented in _CONSTANT:
        text = pattern.sub(invented, text)
    return "\n".join([_HEAD, *_steps(text.splitlines())]) + "\n"


def _steps(lines: list[str]) -> Iterator[str]:
    is_open = False
    for line in lines:
        if step := _STEP.fullmatch(line):
            if is_open:
                yield "```\n"
            yield f"## {step['number']}. {step['title']}\n\n```text"
            is_open = True
        elif line.startswith(_INDENT):
            yield line.removeprefix(_INDENT)
    if is_open:
        yield "```"


def _with_invented_ids(text: str) -> str:
    """Every id replaced by one that only depends on how many came before it."""
    text = _DEVICE.sub(_Invented(lambda digest: base64.urlsafe_b64encode(digest).decode()[:22]), text)
    return _PUSH.sub(_Invented(lambda digest: digest.hex()[:32]), text)


class _Invented:
    """Gives the same invention for the same id."""

    def __init__(self, shape: Callable[[bytes], str]) -> None:
        self._shape = shape
        self._given: dict[str, str] = {}
        self._numbers = count(1)

    def __call__(self, match: re.Match[str]) -> str:
        if match[0] not in self._given:
            self._given[match[0]] = self._shape(hashlib.sha256(b"%d" % next(self._numbers)).digest())
        return self._given[match[0]]


def main() -> None:
    """Play the demo and write what it prints into docs/recording.md; the exit code is the demo's."""
    played = subprocess.run([sys.executable, "-m", "demo"], stdout=subprocess.PIPE, text=True, check=False)
    if played.returncode:
        click.echo(played.stdout)
        sys.exit(played.returncode)
    RECORDING.write_text(recording_of(played.stdout), encoding="utf-8")
    click.echo(f"{RECORDING} is what the demo prints now.")


if __name__ == "__main__":
    main()
