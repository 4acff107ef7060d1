"""Whether packages make one set; raised where they do not."""

from collections.abc import Sequence

from appshare.app_download.model import PackageManifest
from appshare.app_download.package_reading.refusal import PackageRefused, RefusalReason
from appshare.app_download.package_set import incompleteness, inconsistency


def require_set(manifests: Sequence[PackageManifest], *, has_table_of_contents: bool) -> None:
    """Refuses packages that are no set; raises PackageRefused."""
    if fault := inconsistency(manifests, has_table_of_contents=has_table_of_contents):
        raise PackageRefused(RefusalReason.INCONSISTENT_SET, f"no split set: {fault}")
    if fault := incompleteness(manifests, has_table_of_contents=has_table_of_contents):
        raise PackageRefused(RefusalReason.INCOMPLETE_SET, f"no whole split set: {fault}")
