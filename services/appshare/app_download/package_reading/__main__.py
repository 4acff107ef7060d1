"""Reads the package on standard input, under the limits in the first argument, and prints a report.

The second argument says whether its signature has to hold, the third whether it may be a split set. All are JSON.
"""

import json
import sys

from appshare.app_download.package_reading.limits import ReadingLimits
from appshare.app_download.package_reading.refusal import PackageRefused, RefusalReason
from appshare.app_download.package_reading.report import manifest_report, refusal_report, set_report
from appshare.app_download.package_set import PackageSet


def main() -> None:
    """Run the program."""
    limits = ReadingLimits(**json.loads(sys.argv[1]))
    limits.apply_to_this_process()
    sys.stdout.write(_report(limits, require_signature=json.loads(sys.argv[2]), accept_sets=json.loads(sys.argv[3])))


def _report(limits: ReadingLimits, *, require_signature: bool, accept_sets: bool) -> str:
    # Not before the limits are set: apk-info's allocator reserves a GiB of address space if it can.
    from appshare.app_download.package_reading.reading import read  # noqa: PLC0415  # see above
    from appshare.app_download.package_reading.set_reading import read_package_or_set  # noqa: PLC0415  # see above

    reader = read_package_or_set if accept_sets else read
    try:
        result = reader(sys.stdin.buffer, limits, require_signature=require_signature)
        return set_report(result) if isinstance(result, PackageSet) else manifest_report(result)
    except PackageRefused as refused:
        return refusal_report(refused)
    except MemoryError:
        message = f"reading it takes more than {limits.memory_bytes} bytes of memory"
        return refusal_report(PackageRefused(RefusalReason.TOO_LARGE, message))


if __name__ == "__main__":
    main()
