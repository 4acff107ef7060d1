"""The demo is the longest test: every step of the original design, by the commands that people type."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from demo import commands
from demo.play import Play
from demo.recording import RECORDING, recording_of
from demo.stage import local_stage
from demo.transcript import Transcript
from tests.support.commands import in_this_process

PATIENCE = 580
"""Seconds for a play: a hundred processes, one after the other, perhaps on a machine that has much else to do."""

PROJECT = Path(__file__).parents[2]
OTHERS = PROJECT.parent / "shared" / "data" / "apks" / "f-droid_fdroidserver"
STEPS = ("R1", "R2", "S1", "S2", "S3", "S4", "S5", "D1", "D2", "D3", "D4", "D5")


def play(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "demo", *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=PROJECT,
        timeout=PATIENCE,
    )


def test_the_demo_plays_every_step() -> None:
    result = play()
    assert result.returncode == 0, result.stdout + result.stderr
    for step in STEPS:
        assert f"\n{step}  " in result.stdout
    assert "Every step was as it must be" in result.stdout
    is_recorded = recording_of(result.stdout) == RECORDING.read_text(encoding="utf-8")
    assert is_recorded, "docs/recording.md is not what the demo prints; run `make docs`"


def run_here(words: Sequence[str], stderr: int | None) -> subprocess.CompletedProcess[str]:
    ended = in_this_process(words, **commands.ENVIRONMENT)
    printed = ended.output if stderr == subprocess.STDOUT else ended.stdout
    return subprocess.CompletedProcess(words, ended.exit_code, printed, ended.stderr)


@pytest.mark.skipif(not OTHERS.is_dir(), reason="the packages of others are not here: ../shared/data/apks")
def test_the_demo_plays_with_packages_of_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """That each command is a program of its own, the play with the samples shows."""
    monkeypatch.setattr(commands, "run", run_here)
    with local_stage() as stage:
        assert Play(stage, tmp_path, OTHERS, is_sample=False, transcript=Transcript()).run()


def test_the_demo_fails_where_no_package_is_accepted(tmp_path: Path) -> None:
    (tmp_path / "text.apk").write_text("not a package", encoding="utf-8")
    result = play("--apks", str(tmp_path))
    assert result.returncode == 1
    assert "no package of the folder was accepted" in result.stdout
