"""APK Signature Scheme v2: the signing block signs the whole file.

https://source.android.com/docs/security/features/apksigning/v2
"""

from appshare.app_download.package_signature.android import API_NEWEST
from appshare.app_download.package_signature.content_digest import SignedContent
from appshare.app_download.package_signature.faults import stripped
from appshare.app_download.package_signature.fields import Fields
from appshare.app_download.package_signature.signed import Scheme, Signed
from appshare.app_download.package_signature.signer import SdkRange, Signer, verified_signers

BLOCK_V2 = 0x7109871A

_STRIPPING_PROTECTION = 0xBEEFF00D
_V3 = 3


def signed_by_v2(block: bytes, content: SignedContent, level: int, *, has_v3: bool) -> Signed:
    """Who signed the package; raises PackageRefused unless the v2 signature holds at the API level.

    Args:
        block: The value of the scheme's id in the signing block.
        content: What has to be signed.
        level: The API level.
        has_v3: Whether the package has a v3 signature, which v2 can ask for.
    """
    signers = verified_signers(block, content, SdkRange(level, API_NEWEST))
    if not has_v3 and any(_also_signed_by_v3(signer) for signer in signers):
        raise stripped("the v2 signature says that there was a v3 signature, too")
    return Signed.by(Scheme.V2, [signer.certificate for signer in signers])


def _also_signed_by_v3(signer: Signer) -> bool:
    return any(id_ == _STRIPPING_PROTECTION and Fields(value).number() == _V3 for id_, value in signer.attributes)
