"""What a process does that reads one package: it binds itself to the limits, reads, and reports."""

import tempfile
from pathlib import Path
from typing import Any, BinaryIO

from appshare.app_download.package_reading.limits import ReadingLimits
from appshare.app_download.package_reading.reading import read
from appshare.app_download.package_reading.refusal import PackageRefused, RefusalReason
from appshare.app_download.package_reading.report import (
    disk_report,
    manifest_report,
    refusal_report,
    set_report,
    splits_report,
)
from appshare.app_download.package_reading.set_reading import read_package_or_set, read_splits
from appshare.app_download.package_set import PackageSet


def answer(request: dict[str, Any], package: BinaryIO) -> list[str]:
    """The report on a package.

    Args:
        request: `limits`; `scratch`, the folder for what is written on the way; `require_signature`, whether the
            signature has to hold; `accept_sets`, whether it may be a split set; `unpack_into`, the folder in which to
            leave the parts of one, or None. Or `limits`, `scratch` and `splits`, the names and paths of packages that
            are read instead, one after the other.
    """
    limits = ReadingLimits(**request.pop("limits"))
    limits.apply_to_this_process()
    tempfile.tempdir = request.pop("scratch")
    try:
        return [_splits(limits, **request) if "splits" in request else _package(package, limits, **request)]
    except PackageRefused as refused:
        return [refusal_report(refused)]
    except MemoryError:
        message = f"reading it takes more than {limits.memory_bytes} bytes of memory"
        return [refusal_report(PackageRefused(RefusalReason.TOO_LARGE, message))]
    except OSError as error:
        return [disk_report(error)]


def _package(
    package: BinaryIO, limits: ReadingLimits, *, require_signature: bool, accept_sets: bool, unpack_into: str | None
) -> str:
    if not accept_sets:
        return manifest_report(read(package, limits, require_signature=require_signature))
    folder = None if unpack_into is None else Path(unpack_into)
    result = read_package_or_set(package, limits, require_signature=require_signature, unpack_into=folder)
    return set_report(result) if isinstance(result, PackageSet) else manifest_report(result)


def _splits(limits: ReadingLimits, *, splits: dict[str, str]) -> str:
    return splits_report(read_splits({name: Path(path) for name, path in splits.items()}, limits))
