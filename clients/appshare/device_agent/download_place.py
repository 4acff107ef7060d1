"""Where the files of an app go: one into the folder itself, several into a folder of their own, whole or not at all."""

import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from appshare.device_agent.part_file import require_plain_name
from appshare.fit.answer import Fit

_STAGING = re.compile(r"\.(.+)-\d+\.part")


@dataclass(frozen=True)
class Place:
    """Where the files of an app go.

    Attributes:
        work: the folder in which they arrive.
        final: the folder in which they are when all have arrived.
    """

    work: Path
    final: Path

    def publish(self) -> None:
        """Puts the files where they belong, at once and for good; each of them has its name already."""
        _flush_names(self.work)
        if self.work != self.final:
            self.work.rename(self.final)
            _remove_left_over(self.work)
            _flush_names(self.final.parent)


def place_of(folder: Path, fit: Fit) -> Place:
    """The place for a fit in a folder.

    Raises:
        errors.InternalError: the package has a name that no file can have.
    """
    if len(fit.files) == 1:
        return Place(folder, folder)
    name = f"{require_plain_name(fit.package_name)}-{fit.version_code}"
    final = folder / name
    # A set from which something was removed since is completed where it is.
    return Place(final if final.is_dir() else folder / f".{name}.part", final)


def _remove_left_over(work: Path) -> None:
    """Removes what was downloaded of other versions of the app and never completed."""
    package = _package(work)
    for path in work.parent.glob(".*.part"):
        if path.is_dir() and not path.is_symlink() and _package(path) == package:
            shutil.rmtree(path)


def _package(work: Path) -> str:
    match = _STAGING.fullmatch(work.name)
    return match[1] if match else ""


def _flush_names(folder: Path) -> None:
    """Makes new names survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
