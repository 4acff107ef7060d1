"""`make fuzz-packages`: real packages, damaged at random, for as long as there is time."""

import json
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import click

_PROJECT = Path(__file__).parents[2]
_SAMPLES = _PROJECT / "tests" / "packages"
_OTHERS = _PROJECT.parent / "shared" / "data" / "apks"
_LARGEST = 200_000
"""Bytes of a package that is damaged: in a small one more of the damage hits what is read."""

_BATCH = 20.0
"""Seconds in one process, which has a minute of processor time."""

_SLOW = 10.0
"""Seconds that one package may take."""


@dataclass
class Findings:
    """What came out.

    Attributes:
        slowest: seconds.
        memory: bytes, the most that a process had.
        defects: what must not be, each with the number of its case.
    """

    outcomes: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0
    memory: int = 0
    defects: list[str] = field(default_factory=list)


@click.command()
@click.option("--seconds", default=60.0, show_default=True)
@click.option(
    "--first", default=1, show_default=True, help="Number of the first case; a number is always the same case."
)
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
def main(seconds: float, first: int, files: tuple[Path, ...]) -> None:
    """Damage FILES (default: small packages of the tests, and of ../shared/data/apks) and read them.

    Exit code 1 when a reader crashes, fails in another way than with a refusal, or believes a wrong signature.
    """
    findings = fuzz(files or default_files(), first, seconds)
    print(
        f"{findings.outcomes.total()} damaged packages; slowest {findings.slowest:.2f} s, {findings.memory >> 20} MiB"
    )
    for outcome, count in findings.outcomes.most_common():
        print(f"  {outcome:32}{count}")
    for defect in findings.defects:
        print(defect)
    if findings.defects:
        raise SystemExit(1)


def default_files() -> list[Path]:
    """Packages and split sets that are small."""
    found = [*_SAMPLES.glob("*.apk"), *_OTHERS.rglob("*.apk"), *_OTHERS.rglob("*.apks"), *_OTHERS.rglob("*.xapk")]
    return sorted(path for path in found if path.stat().st_size <= _LARGEST)


def fuzz(files: Sequence[Path], first: int, seconds: float) -> Findings:
    """Runs batches until the time is over; after a crash the next one goes on behind it."""
    findings, until, number = Findings(), time.monotonic() + seconds, first
    while (left := until - time.monotonic()) > 0:
        number = _run_batch(findings, files, number, min(_BATCH, left)) + 1
    return findings


def _run_batch(findings: Findings, files: Sequence[Path], first: int, seconds: float) -> int:
    """Runs one process; the number of its last case."""
    number, told = first, True
    command = [sys.executable, "-m", "benchmarks.fuzz.batch", str(first), str(seconds), *map(str, files)]
    with subprocess.Popen(command, cwd=_PROJECT, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603  # ourselves
        for line in process.stdout or ():
            if line.strip().isdecimal():
                number, told = int(line), False
            else:
                told = True
                _note(findings, number, json.loads(line))
    if process.returncode == -signal.SIGXCPU:
        findings.defects.append(f"case {number}: takes too long")
    elif process.returncode or not told:
        findings.defects.append(f"case {number}: the reader ended with {process.returncode}")
    return number


def _note(findings: Findings, number: int, told: dict[str, object]) -> None:
    outcome, seconds = str(told["outcome"]), float(str(told["seconds"]))
    place = f"case {number} ({told['file']}, {told['what']})"
    if outcome.startswith("DEFECT"):
        findings.defects.append(f"{place}: {outcome}")
    if seconds > _SLOW:
        findings.defects.append(f"{place}: {seconds:.1f} s")
    findings.outcomes[outcome.partition(":")[0]] += 1
    findings.slowest = max(findings.slowest, seconds)
    findings.memory = max(findings.memory, int(str(told["memory"])))


if __name__ == "__main__":
    main()
