import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from appshare import errors
from appshare.command_line.exit_code import ExitCode, exit_code_of
from appshare.command_line.input_error import InputError
from appshare.command_line.output import Output, counted, printable
from appshare.command_line.progress import shown_progress
from appshare.device_agent.model import FriendshipLevel


@dataclass(frozen=True)
class Inner:
    when: datetime


@dataclass(frozen=True)
class Outer:
    inner: Inner
    paths: tuple[Path, ...]
    level: FriendshipLevel


def test_results_become_json(capsys: pytest.CaptureFixture[str]) -> None:
    value = Outer(Inner(datetime(2026, 1, 1, tzinfo=UTC)), (Path("a"),), FriendshipLevel.LIKELY)
    Output(as_json=True).document({"value": value, "name": "李伟"})
    printed = capsys.readouterr().out
    assert json.loads(printed) == {
        "value": {"inner": {"when": "2026-01-01T00:00:00+00:00"}, "paths": ["a"], "level": "likely"},
        "name": "李伟",
    }
    assert "李伟" in printed


def test_a_table_in_a_pipe_is_plain_and_cuts_nothing_off(capsys: pytest.CaptureFixture[str]) -> None:
    long = "x" * 300
    Output(as_json=False).table(["Name", "Value"], [["李伟", long], ["[bold]A[/bold]", 7]])
    assert capsys.readouterr().out.splitlines()[2:] == [f"李伟             {long}", "[bold]A[/bold]   7"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Notes 2.1 李伟 🎈", "Notes 2.1 李伟 🎈"),
        ("\x1b[2Jgone", "\ufffd[2Jgone"),
        ("bell\x07 nul\0 c1\x9b", "bell\ufffd nul\ufffd c1\ufffd"),
        ("abc\u202etxt.apk", "abc\ufffdtxt.apk"),
        ("two\nlines\tand\rmore", "two\nlines\tand\ufffdmore"),
    ],
)
def test_what_others_wrote_cannot_steer_the_terminal(text: str, shown: str) -> None:
    assert printable(text) == shown


@pytest.mark.parametrize(("count", "text"), [(0, "0 cards"), (1, "1 card"), (2, "2 cards")])
def test_things_are_counted(count: int, text: str) -> None:
    assert counted(count, "card") == text


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (InputError("x"), ExitCode.WRONG_USAGE),
        (errors.PermissionDeniedError(errors.Reason.NOT_SHARED_WITH_YOU, "x"), ExitCode.REFUSED),
        (errors.UnavailableError(errors.Reason.STORAGE_UNAVAILABLE, "x"), ExitCode.UNREACHABLE),
        (errors.DeadlineExceededError(errors.Reason.DEADLINE_EXCEEDED, "x"), ExitCode.UNREACHABLE),
        (errors.NotFoundError(errors.Reason.APP_NOT_FOUND, "x"), ExitCode.FAILED),
        (errors.UnauthenticatedError(errors.Reason.INVALID_REFRESH_TOKEN, "x"), ExitCode.FAILED),
        (OSError("x"), ExitCode.FAILED),
    ],
)
def test_a_failure_has_an_exit_code(error: Exception, code: ExitCode) -> None:
    assert exit_code_of(error) is code


def test_progress_in_a_pipe_is_a_line_per_tenth(capsys: pytest.CaptureFixture[str]) -> None:
    with shown_progress("Notes\x1b") as progress:
        progress.begin(1000, 250)
        for count in (10, 240, 490, 10):
            progress.advance(count)
    assert capsys.readouterr().err.splitlines() == [
        "Notes\ufffd: 50 % of 1,000 bytes",
        "Notes\ufffd: 90 % of 1,000 bytes",
        "Notes\ufffd: 100 % of 1,000 bytes",
    ]


def test_progress_on_a_terminal_is_a_bar(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    monkeypatch.setenv("NO_COLOR", "1")
    with shown_progress("[Notes]") as progress:
        progress.begin(1000, 0)
        progress.advance(400)
        progress.begin(1000, 300)  # a connection was cut
        progress.advance(700)
    shown = capsys.readouterr().err
    assert "[Notes]" in shown
    assert "1.0/1.0 kB" in shown


def test_a_transfer_that_never_begins_shows_nothing(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    with shown_progress("Notes"):
        pass
    assert "Notes" not in capsys.readouterr().err


def test_an_error_is_in_colour_on_a_terminal_alone(capsys: pytest.CaptureFixture[str]) -> None:
    Output(as_json=False).failure(InputError("which?", candidates=["A", "B"]))
    assert capsys.readouterr().err == "Error: which?\n  A\n  B\n"
