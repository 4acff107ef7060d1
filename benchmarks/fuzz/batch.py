"""Reads damaged packages one after the other, in a process under the limits of the reader; prints a line for each.

    python -m benchmarks.fuzz.batch FIRST_NUMBER SECONDS FILE...

Before each case its number is printed, and after it what came out: when the process ends early, the number says where.
"""

import io
import json
import resource
import sys
import time
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from appshare.app_download.model import PackageManifest
from appshare.app_download.package_reading.limits import ReadingLimits
from appshare.app_download.package_reading.refusal import PackageRefused
from appshare.app_download.package_set import PackageSet
from benchmarks.fuzz.mutations import Case, make_case

LIMITS = ReadingLimits()


def main() -> None:
    first, seconds, originals = int(sys.argv[1]), float(sys.argv[2]), [Path(name) for name in sys.argv[3:]]
    LIMITS.apply_to_this_process()
    until, number = time.monotonic() + seconds, first
    while number == first or time.monotonic() < until:
        case = make_case(number, originals)
        print(number, flush=True)
        began = time.monotonic()
        outcome = try_case(case)
        told = {"outcome": outcome, "seconds": time.monotonic() - began, "what": case.what, "file": str(case.original)}
        told["memory"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        print(json.dumps(told), flush=True)
        number += 1


def try_case(case: Case) -> str:
    """A reason of refusal, `read` or `verified`; what begins with `DEFECT` must not be."""
    try:
        content = _read(case.content, require_signature=False)
        verified = bool(_manifest(content).signer_sha256)
    except PackageRefused as refused:
        return refused.reason
    except MemoryError:
        return "TOO_LARGE"
    except Exception as error:  # whatever it is, it must not be
        return f"DEFECT {type(error).__name__}: {error}"
    if not verified:
        return "read"
    return (
        "verified" if _identity(_manifest(content)) == _original_identity(case.original) else "DEFECT another identity"
    )


def _read(content: bytes, *, require_signature: bool) -> PackageManifest | PackageSet:
    # Not before the limits are set, as in the program that reads packages.
    from appshare.app_download.package_reading.set_reading import read_package_or_set  # noqa: PLC0415  # see above

    return read_package_or_set(io.BytesIO(content), LIMITS, require_signature=require_signature)


def _manifest(content: PackageManifest | PackageSet) -> PackageManifest:
    return content.base if isinstance(content, PackageSet) else content


def _identity(manifest: PackageManifest) -> Sequence[object]:
    return manifest.package_name, manifest.version_code, manifest.signer_sha256, manifest.abis


@cache
def _original_identity(path: Path) -> Sequence[object]:
    """Empty if nobody has signed it well."""
    try:
        return _identity(_manifest(_read(path.read_bytes(), require_signature=True)))
    except PackageRefused:
        return ()


if __name__ == "__main__":
    main()
