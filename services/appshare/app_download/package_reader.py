"""Reads packages, each in a process of its own: a package that breaks its reader breaks nothing else."""

import asyncio
import json
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory

from appshare.app_download import package_reading
from appshare.app_download.model import PackageManifest
from appshare.app_download.package_reading.limits import ReadingLimits
from appshare.app_download.package_reading.refusal import PackageRefused, RefusalReason
from appshare.app_download.package_reading.report import manifest_from

__all__ = ["PackageRefused", "ReadingLimits", "RefusalReason", "read_package"]


async def read_package(path: Path, limits: ReadingLimits) -> PackageManifest:
    """What the APK says of itself; its signature is not looked at.

    Raises:
        PackageRefused: No device would install the file, or reading it goes beyond the limits.
        OSError: The file cannot be opened.
    """
    with TemporaryDirectory(prefix="appshare-") as scratch:
        process = await _start(path, scratch, limits)
        report = await _report(process, limits)
    if process.returncode == -signal.SIGXCPU:
        message = f"reading it takes more than {limits.cpu_seconds} seconds of processor time"
        raise PackageRefused(RefusalReason.TIMED_OUT, message)
    if process.returncode != 0:
        raise PackageRefused(RefusalReason.MALFORMED_MANIFEST, "reading it ended in a crash")
    return manifest_from(report)


async def _start(path: Path, scratch: str, limits: ReadingLimits) -> Process:
    """The process gets the file and the scratch folder, and none of the service's environment."""
    with path.open("rb") as package:
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", "-m", package_reading.__name__, json.dumps(asdict(limits))),
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
