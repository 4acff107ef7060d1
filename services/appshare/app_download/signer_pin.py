"""Whose packages an app's packages may stand beside: the signer is pinned by the first package that is added.

The rule is Android's for updates: the same certificates, or a signer whose lineage, which the signature scheme v3
proves, holds the other one.
"""

from collections.abc import Sequence

from appshare.app_download.model import Artifact, PackageManifest


def is_trusted(manifest: PackageManifest, present: Sequence[Artifact]) -> bool:
    """Whether a package's signer is the one that the present packages of the app pin; the first one is trusted."""
    return not present or any(_is_same_owner(manifest, artifact.manifest) for artifact in present)


def _is_same_owner(one: PackageManifest, other: PackageManifest) -> bool:
    if one.signer_sha256 == other.signer_sha256:
        return True
    return other.signer_sha256 in one.signer_lineage or one.signer_sha256 in other.signer_lineage
