"""Who may sign an app: the signer of its first package, or whom the operator names, and their successors.

The rule is Android's for updates: the same certificates, or a signer whose lineage, which the signature scheme v3
proves, holds the other one. Several signers together have no successors: they stay the same ones.
"""

from dataclasses import dataclass, replace
from typing import Self

from appshare.app_download.model import PackageManifest


@dataclass(frozen=True, slots=True)
class SignerPin:
    """The signer that an app is pinned to."""

    signer_sha256: str
    """As `PackageManifest.signer_sha256`."""
    former: frozenset[str] = frozenset()
    """SHA-256 of certificates that the signer had before: packages for older devices are signed with them."""
    by_operator: bool = False
    """Then a lineage does not tell who was there before: the operator may have named the signer because that leaked."""

    @classmethod
    def at_first_sight(cls, manifest: PackageManifest) -> Self:
        """The pin of an app by its first package."""
        return cls(manifest.signer_sha256, _predecessors(manifest))

    def accepts(self, manifest: PackageManifest) -> bool:
        """Whether a package is signed by the pinned signer, with a present or a former certificate."""
        return manifest.signer_sha256 == self.signer_sha256 or manifest.signer_sha256 in self.former

    def after(self, manifest: PackageManifest) -> Self | None:
        """The pin once a package is there: the same, or moved forward to a successor; None: it may not be there."""
        if self.signer_sha256 in _predecessors(manifest):
            return replace(self, signer_sha256=manifest.signer_sha256, former=self._former_with(manifest))
        if manifest.signer_sha256 == self.signer_sha256:
            return replace(self, former=self._former_with(manifest))
        return self if self.accepts(manifest) else None

    def _former_with(self, manifest: PackageManifest) -> frozenset[str]:
        """The former certificates, with those that a package by the pinned signer or its successor tells of."""
        if not self.by_operator:
            return self.former | _predecessors(manifest)
        if manifest.signer_sha256 == self.signer_sha256:
            return self.former
        lineage = manifest.signer_lineage
        since_pinned = frozenset(lineage[lineage.index(self.signer_sha256) :])
        return self.former | since_pinned - {manifest.signer_sha256}


def _predecessors(manifest: PackageManifest) -> frozenset[str]:
    return frozenset(manifest.signer_lineage) - {manifest.signer_sha256}
