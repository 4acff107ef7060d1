"""Reads packages, each in a process of its own: a package that breaks its reader breaks nothing else."""

import asyncio
import os
import signal
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from appshare.app_download import package_reading
from appshare.app_download.model import PackageManifest
from appshare.app_download.package_reading.coherence import require_set
from appshare.app_download.package_reading.limits import ReadingLimits
from appshare.app_download.package_reading.refusal import PackageRefused, RefusalReason
from appshare.app_download.package_reading.report import manifest_from, package_or_set_from, splits_from
from appshare.app_download.package_reading.unpacked import unpacked_part
from appshare.app_download.package_set import PackageSet
from appshare.app_download.reading_process.readers import Readers

__all__ = [
    "PackageRefused",
    "ReadingLimits",
    "RefusalReason",
    "read_package",
    "read_package_or_set",
    "read_splits",
    "require_set",
    "unpacked_part",
]

_READERS = Readers(package_reading.__name__)


async def read_package(path: Path, limits: ReadingLimits, *, require_signature: bool = True) -> PackageManifest:
    """What the APK says of itself, and who signed it.

    Args:
        path: The file.
        limits: What reading it may take.
        require_signature: False: of a package whose signature does not hold, what is said of the signer stays empty.

    Raises:
        PackageRefused: No device would install the file, or reading it goes beyond the limits.
        OSError: The file cannot be opened, or the disk is full.
    """
    choices = {"require_signature": require_signature, "accept_sets": False, "unpack_into": None}
    return manifest_from(await _read(path, limits, choices))


async def read_package_or_set(
    path: Path, limits: ReadingLimits, *, require_signature: bool = True, unpack_into: Path | None = None
) -> PackageManifest | PackageSet:
    """What the file holds: an APK, or a split set, each part of which is read as an APK is.

    A set is refused with the reason for which one of its parts is; the other arguments and errors are `read_package`'s.

    Args:
        path: The file.
        limits: What reading it may take.
        require_signature: As of `read_package`.
        unpack_into: An empty folder in which the parts of a set are left, also of one that is refused; each is the
            `unpacked_part` of its place in the set. None: nothing is left of them.
    """
    choices = {"require_signature": require_signature, "accept_sets": True, "unpack_into": _place(unpack_into)}
    return package_or_set_from(await _read(path, limits, choices))


async def read_splits(files: Mapping[str, Path], limits: ReadingLimits) -> list[PackageManifest]:
    """What packages that lie beside each other say of themselves, all read in one process.

    Args:
        files: Their paths by the names that refusals give them.
        limits: What reading them all may take.

    Raises:
        PackageRefused: One of them is refused, or reading them goes beyond the limits.
        OSError: A file cannot be opened, or the disk is full.
    """
    choices = {"splits": {name: _place(path) for name, path in files.items()}}
    return splits_from(await _read(Path(os.devnull), limits, choices))


async def _read(path: Path, limits: ReadingLimits, choices: Mapping[str, Any]) -> bytes:
    """The report of a process that reads the file, or what the choices say."""
    with TemporaryDirectory(prefix="appshare-") as scratch:
        async with _READERS.reading(path, {"limits": asdict(limits), "scratch": scratch, **choices}) as reading:
            try:
                async with asyncio.timeout(limits.wall_seconds):
                    # What is made in the memory of a process is not larger than that.
                    report, exit_code = await reading.report(limits.memory_bytes), await reading.exit_code()
            except TimeoutError:
                raise _too_long(f"{limits.wall_seconds} seconds") from None
            except ValueError:
                raise _crashed() from None
    if exit_code == -signal.SIGXCPU:
        raise _too_long(f"{limits.cpu_seconds} seconds of processor time")
    if exit_code != 0:
        raise _crashed()
    return report


def _crashed() -> PackageRefused:
    return PackageRefused(RefusalReason.MALFORMED_MANIFEST, "reading it ended in a crash")


def _place(path: Path | None) -> str | None:
    """As the process finds it, whose working directory is another."""
    return None if path is None else str(path.absolute())


def _too_long(limit: str) -> PackageRefused:
    return PackageRefused(RefusalReason.TIMED_OUT, f"reading it takes more than {limit}")
