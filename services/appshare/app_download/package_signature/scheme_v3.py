"""APK Signature Scheme v3: v2 with a signer for each range of API levels, who can have changed; and v3.1.

https://source.android.com/docs/security/features/apksigning/v3 and v3-1. Scheme v3.1 is v3 under another id, which
only Android 13 and newer look for: older ones go on to see the former signer.
"""

from dataclasses import dataclass
from itertools import pairwise

from appshare.app_download.package_signature.android import API_NEWEST, API_V31
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
    """The API level from which on devices that know v3.1 have to find such a signature instead."""


class SchemeV3:
    """The signatures of a v3 or v3.1 block; raises PackageRefused unless all of them hold, and fit together.

    Args:
        scheme: Which of the two.
        block: The value of the scheme's id in the signing block.
        content: What has to be signed.
    """

    def __init__(self, scheme: Scheme, block: bytes, content: SignedContent) -> None:
        signatures = [_signature(scheme, signer) for signer in verified_signers(block, content)]
        self._signatures = sorted(signatures, key=lambda signature: signature.sdks.lowest)
        for older, newer in pairwise(self._signatures):
            if newer.sdks.lowest != older.sdks.highest + 1:
                raise invalid("the API levels of the v3 signers overlap, or leave out some")
        lineages = [signature.signed.lineage for signature in self._signatures if signature.signed.lineage]
        if any(newer[: len(older)] != older for older, newer in pairwise(lineages)):
            raise invalid("the v3 signers have proofs of rotation that contradict each other")

    def signed_at(self, level: int) -> Signed | None:
        """Who signed the package for the API level, if anybody; raises PackageRefused if v3.1 was stripped."""
        signature = next((each for each in self._signatures if level in each.sdks), None)
        if signature is None:
            return None
        if level >= max(API_V31, signature.superseded_from):
            raise stripped("the v3 signature says that there was a v3.1 signature, too")
        return signature.signed

    def bounds(self) -> set[int]:
        """The API levels at which another signer begins to count."""
        ranges = [signature.sdks for signature in self._signatures]
        return {sdks.lowest for sdks in ranges} | {sdks.highest + 1 for sdks in ranges}


def _signature(scheme: Scheme, signer: Signer) -> _Signature:
    attributes = dict(signer.attributes)
    rotation = attributes.get(_PROOF_OF_ROTATION)
    lineage = () if rotation is None else read_lineage(rotation, signer.certificate)
    signed = Signed.by(scheme, [signer.certificate], lineage)
    rotated_from = attributes.get(_ROTATION_MIN_SDK) if scheme is Scheme.V3 else None
    never = API_NEWEST + 1
    return _Signature(signed, signer.sdks, never if rotated_from is None else Fields(rotated_from).number())
