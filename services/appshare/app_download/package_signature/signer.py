"""The signers of the schemes v2 and v3: who they are, and whether they signed this content.

The steps are those of https://source.android.com/docs/security/features/apksigning/v2#v2-verification and of
https://source.android.com/docs/security/features/apksigning/v3#verification.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from appshare.app_download.package_signature.algorithms import ALGORITHMS, deciding
from appshare.app_download.package_signature.android import API_NEWEST
from appshare.app_download.package_signature.certificate import Certificate, read_certificate
from appshare.app_download.package_signature.content_digest import SignedContent
from appshare.app_download.package_signature.faults import invalid, unsupported
from appshare.app_download.package_signature.fields import Fields

_SIGNERS = 10
"""The most that Android allows a package."""


@dataclass(frozen=True, slots=True)
class SdkRange:
    """The API levels that a signer is for, both included."""

    lowest: int
    highest: int


ANY_SDK = SdkRange(0, API_NEWEST)


@dataclass(frozen=True, slots=True)
class Signer:
    """A signer whose signatures hold; attributes by id."""

    certificate: Certificate
    sdks: SdkRange
    attributes: dict[int, bytes]


def verified_signers(block: bytes, content: SignedContent, level: int, *, with_sdks: bool) -> list[Signer]:
    """The signers of a v2 or v3 block; raises PackageRefused unless all of them signed the content.

    Args:
        block: The value in the signing block.
        content: What is to be signed.
        level: The API level that the signatures are to be accepted at.
        with_sdks: Whether signers name their API levels, as they do in v3.
    """
    signers = list(Fields(block).sequence())
    if not 0 < len(signers) <= _SIGNERS:
        raise invalid(f"there are {len(signers)} signers; a package has 1 to {_SIGNERS}")
    return [_verified(signer, content, level, with_sdks=with_sdks) for signer in signers]


def _verified(fields: Fields, content: SignedContent, level: int, *, with_sdks: bool) -> Signer:
    signed_data = fields.prefixed()
    sdks = _sdks(fields) if with_sdks else ANY_SDK
    signatures = [(signature.number(), signature.prefixed()) for signature in fields.sequence()]
    public_key = fields.prefixed()
    algorithms = _check_signatures(signatures, public_key, signed_data, level)

    data = Fields(signed_data)
    digests = [(digest.number(), digest.prefixed()) for digest in data.sequence()]
    certificates = [read_certificate(certificate.rest()) for certificate in data.certificates()]
    if with_sdks and _sdks(data) != sdks:
        raise invalid("a signer names other API levels than it signed")
    attributes = {attribute.number(): attribute.rest() for attribute in data.sequence()}
    return Signer(certificates[0], sdks, attributes)
