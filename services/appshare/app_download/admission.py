"""Which packages the catalogue takes: the signer of an app is pinned by its first package.

The rule is Android's for updates: the same certificates, or a signer whose lineage, which the signature scheme v3
proves, holds the other one.
"""

from collections.abc import Sequence

from appshare import errors
from appshare.app_download.model import PackageManifest


def require_admitted(manifest: PackageManifest, present: Sequence[PackageManifest]) -> None:
    """Refuses a package that may not stand beside the present packages of the app.

    Args:
        manifest: of the package that is to be added.
        present: of the packages of the app that the catalogue has, newest first.

    Raises:
        errors.InvalidArgumentError: PACKAGE_SIGNER_CHANGED.
    """
    if is_trusted(manifest, present):
        return
    pinned = present[0].signer_sha256
    raise errors.InvalidArgumentError(
        errors.Reason.PACKAGE_SIGNER_CHANGED,
        f"signed by {manifest.signer_sha256}, but the catalogue has {manifest.package_name} by {pinned}; if that is"
        " right, remove the old packages first",
        metadata={"signer_sha256": manifest.signer_sha256, "pinned_sha256": pinned},
    )


def is_trusted(manifest: PackageManifest, present: Sequence[PackageManifest]) -> bool:
    """Whether a package's signer is the one that the present packages of the app pin; the first one is trusted."""
    return not present or any(_is_same_owner(manifest, each) for each in present)


def _is_same_owner(one: PackageManifest, other: PackageManifest) -> bool:
    if one.signer_sha256 == other.signer_sha256:
        return True
    return other.signer_sha256 in one.signer_lineage or one.signer_sha256 in other.signer_lineage
