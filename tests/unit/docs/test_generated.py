"""The pages that `make docs` writes: of the commands as they are, and of the demo, the same for every play."""

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from demo.recording import RECORDING, recording_of
from hypothesis import given
from hypothesis import strategies as st

PROJECT = Path(__file__).parents[3]

PLAY = """
AppShare is running; devices reach it at 127.0.0.1:{port}.

R1  The phones register
    Li Wei     $ appshare register --code {code}
               Registered at 127.0.0.1:{port} as device {device}.
               /somewhere/appshare-phones-{folder}/li-wei/chat.apk
    ok  {time}  device:{device}
    ok  device:{other}

S3  Li Wei pushes an app
               Push {push}; `appshare push recall` takes it back.

Every step was as it must be ({seconds} s).
"""

facts = st.fixed_dictionaries(
    {
        "port": st.integers(16384, 65535),
        "code": st.integers(0, 999_999).map("{:06d}".format),
        "device": st.from_regex(r"A[A-Za-z0-9_-]{21}", fullmatch=True),
        "other": st.from_regex(r"B[A-Za-z0-9_-]{21}", fullmatch=True),
        "push": st.binary(min_size=16, max_size=16).map(bytes.hex),
        "folder": st.from_regex(r"[a-z0-9_]{8}", fullmatch=True),
        "time": st.integers(0, 1 << 32).map(lambda second: f"{datetime.fromtimestamp(second, UTC):%Y-%m-%d %H:%M}"),
        "seconds": st.integers(1, 999),
    }
)


@given(facts, facts)
def test_two_plays_make_the_same_page_of_the_same_width(one: dict[str, object], other: dict[str, object]) -> None:
    page = recording_of(PLAY.format(**one))
    assert page == recording_of(PLAY.format(**other))
    registered = f"           Registered at 127.0.0.1:{one['port']} as device {one['device']}."
    assert len(registered) == next(len(line) for line in page.splitlines() if "Registered" in line)
    assert page.count("```text\n") == page.count("```\n") == 2


def test_a_change_of_what_is_printed_is_seen() -> None:
    fixed = dict.fromkeys(("port", "code", "device", "other", "push", "folder", "time", "seconds"), "x")
    assert recording_of(PLAY.format(**fixed)) != recording_of(PLAY.replace("Registered", "Known").format(**fixed))


def test_the_recording_shows_every_step() -> None:
    text = RECORDING.read_text(encoding="utf-8")
    for step in ("R1", "R2", "S1", "S2", "S3", "S4", "S5", "D1", "D2", "D3", "D4", "D5", "U1"):
        assert f"\n## {step}. " in text


def test_the_reference_is_what_the_commands_say() -> None:
    program = "from demo.command_reference import *; import sys; sys.exit(PAGE.read_text() != command_reference())"
    result = subprocess.run([sys.executable, "-c", program], check=False, cwd=PROJECT)
    assert result.returncode == 0, "docs/commands.md is not what the commands say; run `make docs`"
