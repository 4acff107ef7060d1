"""`make demo`: plays the original design on real packages and says whether every step was as it must be."""

import sys
import tempfile
import time
from pathlib import Path

import click

from demo.play import Play
from demo.samples import gather_samples
from demo.stage import local_stage
from demo.transcript import NotAsItMustBe, Transcript


@click.command()
@click.option(
    "--apks",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A folder of APK files to play with; default: the project's own small packages.",
)
def main(apks: Path | None) -> None:
    """Start a cloud in a temporary folder and play the original design, R1 to D4.

    Exit codes: 0 every step was as it must be, 1 one was not.
    """
    transcript = Transcript()
    started = time.monotonic()
    try:
        with tempfile.TemporaryDirectory(prefix="appshare-phones-") as phones, local_stage() as stage:
            transcript.finish(f"AppShare is running; devices reach it at {stage.devices}.")
            packages = apks.resolve() if apks else gather_samples(Path(phones) / "packages")
            play = Play(stage, Path(phones), packages, is_sample=apks is None, transcript=transcript)
            play.run()
    except NotAsItMustBe as failure:
        transcript.finish(f"Not as it must be: {failure}")
        sys.exit(1)
    transcript.finish(f"Every step was as it must be ({time.monotonic() - started:.0f} s).")


if __name__ == "__main__":
    main()
