"""Who signed a package, and from which API level on devices accept that."""

from dataclasses import dataclass
from typing import BinaryIO

from appshare.app_download.package_reading.refusal import PackageRefused
from appshare.app_download.package_signature.android import (
    API_2_3,
    API_4_3,
    API_4_4,
    API_5_0,
    API_5_1,
    API_V2,
    API_V2_REQUIRED,
    API_V3,
    API_V31,
)
from appshare.app_download.package_signature.lineage import LineageCertificate
from appshare.app_download.package_signature.signatures import PackageSignatures
from appshare.app_download.package_signature.signed import Scheme, Signed

_CHANGES = frozenset({API_2_3, API_4_3, API_4_4, API_5_0, API_5_1, API_V2, API_V3, API_V2_REQUIRED, API_V31})
"""Where Android changed what it accepts; all levels up to the next one decide alike."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureVerdict:
    """A package whose signature holds: where it does not, there is a refusal instead."""

    schemes: tuple[Scheme, ...]
    """Those that count on devices from min_api on, the oldest first."""
    min_api: int
    """The lowest API level, not below the package's minSdk, from which on all devices accept the signature."""
    signers: tuple[str, ...]
    """SHA-256 of each signer's certificate as the newest Android sees them, in ascending order."""
    lineage: tuple[LineageCertificate, ...]
    """The signer's certificates from the oldest to the current one; empty without a proof of rotation."""
    by_debug_certificate: bool = False
    """Whether the key of one of the signers is no secret."""


def verify_signature(package: BinaryIO, *, min_sdk: int, target_sdk: int, sandbox_version: int = 1) -> SignatureVerdict:
    """Verify a package as devices of all API levels from its minSdk on do.

    The newest Android has to accept it. Of the others those count that are not older than one that does not, or that
    sees somebody else as the signer: a device that gets a newer Android could not keep the app.

    Raises:
        PackageRefused: The newest Android does not accept the signature.
    """
    signatures = PackageSignatures(package, target_sdk=target_sdk, sandbox_version=sandbox_version)
    newest_first = sorted({max(min_sdk, level) for level in {min_sdk} | _CHANGES | signatures.bounds()}, reverse=True)
    accepted = {newest_first[0]: signatures.signed_at(newest_first[0])}
    for level in newest_first[1:]:
        signed = _signed_at(signatures, level)
        if signed is None or not accepted[min(accepted)].continues(signed):
            break
        accepted[level] = signed
    newest = accepted[newest_first[0]]
    return SignatureVerdict(
        schemes=tuple(scheme for scheme in Scheme if scheme in {signed.scheme for signed in accepted.values()}),
        min_api=min(accepted),
        signers=tuple(sorted(newest.signers)),
        lineage=newest.lineage,
        by_debug_certificate=newest.by_debug_certificate,
    )


def _signed_at(signatures: PackageSignatures, level: int) -> Signed | None:
    try:
        return signatures.signed_at(level)
    except PackageRefused:
        return None
