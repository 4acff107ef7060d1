"""What a scheme finds out about a package at one API level."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from appshare.app_download.package_signature.certificate import Certificate
from appshare.app_download.package_signature.debug_certificate import is_debug_certificate
from appshare.app_download.package_signature.lineage import LineageCertificate


class Scheme(StrEnum):
    """A way of signing packages, the oldest first."""

    V1 = "v1"
    V2 = "v2"
    V3 = "v3"
    V31 = "v3.1"


@dataclass(frozen=True, slots=True)
class Signed:
    """Who signed a package, as Android sees it at one API level."""

    scheme: Scheme
    signers: tuple[str, ...]
    """SHA-256 of each signer's certificate."""
    lineage: tuple[LineageCertificate, ...] = ()
    """The signer's certificates from the oldest to the current one; empty without a proof of rotation."""
    by_debug_certificate: bool = False
    """Whether one of the signers' keys is no secret."""

    @classmethod
    def by(
        cls, scheme: Scheme, certificates: Sequence[Certificate], lineage: tuple[LineageCertificate, ...] = ()
    ) -> Self:
        """Signed with the keys of these certificates, of which some may be there twice."""
        return cls(
            scheme=scheme,
            signers=tuple(dict.fromkeys(certificate.sha256 for certificate in certificates)),
            lineage=lineage,
            by_debug_certificate=any(map(is_debug_certificate, certificates)),
        )

    @property
    def history(self) -> tuple[str, ...]:
        """SHA-256 of the certificates that the one signer has had, from the oldest to the current one."""
        return tuple(certificate.sha256 for certificate in self.lineage) or self.signers

    def continues(self, older: "Signed") -> bool:
        """Whether a device that is updated from an Android that sees the other still sees the same signer."""
        if len(self.signers) > 1 or len(older.signers) > 1:
            return set(self.signers) == set(older.signers)
        return self.history[: len(older.history)] == older.history
