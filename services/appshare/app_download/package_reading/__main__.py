"""Reads the package on standard input, as the first argument says, and prints a report.

The argument is JSON: `limits`; `require_signature`, whether its signature has to hold; `accept_sets`, whether it may be
a split set; `unpack_into`, the folder in which to leave the parts of one, or null. Or `limits` and `splits`, the names
and paths of packages that are read instead, one after the other.
"""

import json
import sys
from pathlib import Path
from typing import Any

from appshare.app_download.package_reading.limits import ReadingLimits
from appshare.app_download.package_reading.refusal import PackageRefused, RefusalReason
from appshare.app_download.package_reading.report import (
    disk_report,
    manifest_report,
    refusal_report,
    set_report,
    splits_report,
)
from appshare.app_download.package_set import PackageSet


def main() -> None:
    """Run the program."""
    choices = json.loads(sys.argv[1])
    limits = ReadingLimits(**choices.pop("limits"))
    limits.apply_to_this_process()
    sys.stdout.write(_report(limits, choices))


def _report(limits: ReadingLimits, choices: dict[str, Any]) -> str:
    try:
        return _read_splits(limits, **choices) if "splits" in choices else _read(limits, **choices)
    except PackageRefused as refused:
        return refusal_report(refused)
    except MemoryError:
        message = f"reading it takes more than {limits.memory_bytes} bytes of memory"
        return refusal_report(PackageRefused(RefusalReason.TOO_LARGE, message))
    except OSError as error:
        return disk_report(error)


def _read(limits: ReadingLimits, *, require_signature: bool, accept_sets: bool, unpack_into: str | None) -> str:
    # Not before the limits are set: apk-info's allocator reserves a GiB of address space if it can.
    from appshare.app_download.package_reading.reading import read  # noqa: PLC0415  # see above
    from appshare.app_download.package_reading.set_reading import read_package_or_set  # noqa: PLC0415  # see above

    package = sys.stdin.buffer
    if not accept_sets:
        return manifest_report(read(package, limits, require_signature=require_signature))
    folder = None if unpack_into is None else Path(unpack_into)
    result = read_package_or_set(package, limits, require_signature=require_signature, unpack_into=folder)
    return set_report(result) if isinstance(result, PackageSet) else manifest_report(result)


def _read_splits(limits: ReadingLimits, *, splits: dict[str, str]) -> str:
    from appshare.app_download.package_reading.set_reading import read_splits  # noqa: PLC0415  # as above

    return splits_report(read_splits({name: Path(path) for name, path in splits.items()}, limits))


if __name__ == "__main__":
    main()
