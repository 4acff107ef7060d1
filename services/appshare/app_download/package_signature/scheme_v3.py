"""APK Signature Scheme v3: v2 with a signer for each range of API levels, who can have changed; and v3.1.

https://source.android.com/docs/security/features/apksigning/v3 and v3-1. Scheme v3.1 is v3 under another id, which
only Android 13 and newer look for: older ones go on to see the former signer.
"""

from dataclasses import dataclass

from appshare.app_download.package_signature.android import API_NEWEST, API_V3, API_V31
from appshare.app_download.package_signature.content_digest import SignedContent
from appshare.app_download.package_signature.faults import invalid, stripped
from appshare.app_download.package_signature.fields import Fields
from appshare.app_download.package_signature.lineage import read_lineage
from appshare.app_download.package_signature.signed import Scheme, Signed
from appshare.app_download.package_signature.signer import SdkRange, Signer, verified_signers

BLOCK_V3 = 0xF05368C0
BLOCK_V31 = 0x1B93AD61

_PROOF_OF_ROTATION = 0x3BA06F8C
_ROTATION_MIN_SDK = 0x559F8B02


@dataclass(frozen=True, slots=True)
class _Signature:
    """One signer's, and the API levels that it is for."""

    signed: Signed
    sdks: SdkRange
    superseded_from: int
    """The API level from which on there has to be a v3.1 signature instead."""


class SchemeV3:
    """The signatures of a v3 or v3.1 block; raises PackageRefused unless all of them hold.

    Args:
        scheme: Which of the two.
        block: The value of the scheme's id in the signing block.
        content: What has to be signed.
    """

    def __init__(self, scheme: Scheme, block: bytes, content: SignedContent) -> None:
        signers = verified_signers(block, content, API_V3, with_sdks=True)
        self._signatures = [_signature(scheme, signer) for signer in signers]

    def covers(self, level: int) -> bool:
        """Whether there is a signer for the API level."""
        return any(level in signature.sdks for signature in self._signatures)

    def signed_at(self, level: int) -> Signed:
        """Who signed the package for the API level; raises PackageRefused if that is nobody, or not clear."""
        found = [signature for signature in self._signatures if level in signature.sdks]
        if len(found) != 1:
            raise invalid(f"{len(found)} v3 signers are for API level {level}; there has to be one")
        if level >= found[0].superseded_from:
            raise stripped("the v3 signature says that there was a v3.1 signature, too")
        return found[0].signed

    def bounds(self) -> set[int]:
        """The API levels at which another signer begins to count."""
        ranges = [signature.sdks for signature in self._signatures]
        return {sdks.lowest for sdks in ranges} | {sdks.highest + 1 for sdks in ranges}


def _signature(scheme: Scheme, signer: Signer) -> _Signature:
    rotation = signer.attributes.get(_PROOF_OF_ROTATION)
    lineage = read_lineage(rotation, signer.certificate) if rotation is not None else ()
    signed = Signed(scheme, (signer.certificate.sha256,), lineage)
    return _Signature(signed, signer.sdks, _superseded_from(signer) if scheme is Scheme.V3 else API_NEWEST + 1)


def _superseded_from(signer: Signer) -> int:
    attribute = signer.attributes.get(_ROTATION_MIN_SDK)
    return max(API_V31, Fields(attribute).number()) if attribute is not None else API_NEWEST + 1
