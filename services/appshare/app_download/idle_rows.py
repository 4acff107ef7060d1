"""Why an operator's row of the adaptation table decides nothing, as the catalogue and the other decisions are."""

from collections.abc import Sequence

from appshare.app_download.app_decisions import AppDecisions
from appshare.app_download.fitting.operator_rows import NumberRange, OperatorRow, RowEffect
from appshare.app_download.package import Package


def why_idle(
    row: OperatorRow, earlier: Sequence[OperatorRow], packages: Sequence[Package], decided: AppDecisions
) -> str:
    """A sentence about the first thing that keeps the row from ever deciding; empty: nothing does.

    A row about all builds of an app is about those to come as well: of it only the earlier rows are asked.

    Args:
        row: the row.
        earlier: the rows of the app before it.
        packages: of the app, in the catalogue.
        decided: about the app, besides the rows.
    """
    about = [package for package in packages if row.is_about(package)]
    if not about:
        return "the catalogue has no build that it is about"
    covering = next((each for each in earlier if _covers(each, row, about)), None)
    if covering:
        return f"row {covering.position} is about all its builds and devices already"
    return "" if row.is_about_all_builds else _why_never_offered(row, about, decided)


def _covers(earlier: OperatorRow, row: OperatorRow, about: Sequence[Package]) -> bool:
    """Whether an earlier row decides wherever the row could; `about`: the packages that the row is about."""
    if not earlier.devices.covers(row.devices):
        return False
    if earlier.is_about_all_builds:
        return True
    # Of a version that is named, other builds may come; of a package that is named, none.
    same = (earlier.version_code, earlier.package_id) == (row.version_code, row.package_id)
    return same or (bool(row.package_id) and all(map(earlier.is_about, about)))


def _why_never_offered(row: OperatorRow, about: Sequence[Package], decided: AppDecisions) -> str:
    manifests = [package.manifest for package in about]
    if all(manifest.version_code < decided.lowest_version for manifest in manifests):
        return f"its builds are below version code {decided.lowest_version}, the lowest that you allow"
    if decided.pin and not any(map(decided.pin.accepts, manifests)):
        return "its builds are signed by another signer than the one that the app is pinned to"
    if all(_needs_newer(row.devices.sdk, package) for package in about):
        lowest = min(manifest.install_min_sdk for manifest in manifests)
        return f"its builds need SDK {lowest}, and it is about devices up to {row.devices.sdk.highest}"
    if row.effect is not RowEffect.FORCE and all(_needs_older(row.devices.sdk, package) for package in about):
        highest = max(manifest.max_sdk or 0 for manifest in manifests)
        return (
            f"its builds are made for SDK {highest} at most, and it is about devices from {row.devices.sdk.lowest} on"
        )
    return ""


def _needs_newer(sdk: NumberRange, package: Package) -> bool:
    return sdk.highest is not None and package.manifest.install_min_sdk > sdk.highest


def _needs_older(sdk: NumberRange, package: Package) -> bool:
    return package.manifest.max_sdk is not None and package.manifest.max_sdk < sdk.lowest
