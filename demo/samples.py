"""The packages of the play, when nobody brings others: the project's own small ones."""

import shutil
from pathlib import Path

_SAMPLES = Path(__file__).parents[1] / "tests" / "packages"


def gather_samples(folder: Path) -> Path:
    """Copies the samples into a new folder, without the one by which tests show what a foreign signer does."""
    folder.mkdir()
    for package in sorted(_SAMPLES.glob("*.apk")):
        if "other-signer" not in package.name:
            shutil.copy(package, folder)
    return folder
