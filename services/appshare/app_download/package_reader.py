"""Reads packages, each in a process of its own: a package that breaks its reader breaks nothing else."""

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
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
    folder = None if unpack_into is None else str(unpack_into)
    choices = {"require_signature": require_signature, "accept_sets": True, "unpack_into": folder}
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
    choices = {"splits": {name: str(path) for name, path in files.items()}}
    return splits_from(await _read(Path(os.devnull), limits, choices))


async def _read(path: Path, limits: ReadingLimits, choices: Mapping[str, Any]) -> bytes:
    """The report of a process that reads the file, or what the choices say."""
    with TemporaryDirectory(prefix="appshare-") as scratch:
        process = await _start(path, scratch, json.dumps({"limits": asdict(limits), **choices}))
        report = await _report(process, limits)
    if process.returncode == -signal.SIGXCPU:
        message = f"reading it takes more than {limits.cpu_seconds} seconds of processor time"
        raise PackageRefused(RefusalReason.TIMED_OUT, message)
    if process.returncode != 0:
        raise PackageRefused(RefusalReason.MALFORMED_MANIFEST, "reading it ended in a crash")
    return report


async def _start(path: Path, scratch: str, choices: str) -> Process:
    """The process gets the file and the scratch folder, and none of the service's environment."""
    with path.open("rb") as package:
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", "-m", package_reading.__name__, choices),
            stdin=package,
            stdout=PIPE,
            stderr=DEVNULL,
            env={"TMPDIR": scratch},
        )


async def _report(process: Process, limits: ReadingLimits) -> bytes:
    """What the process printed; it has ended afterwards, whatever happens."""
    try:
        async with asyncio.timeout(limits.wall_seconds):
            report, _ = await process.communicate()
            return report
    except TimeoutError:
        message = f"reading it takes more than {limits.wall_seconds} seconds"
        raise PackageRefused(RefusalReason.TIMED_OUT, message) from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
