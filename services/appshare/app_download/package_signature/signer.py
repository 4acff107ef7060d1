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

SIGNERS_LIMIT = 10
"""The most that Android allows a package."""

Attributes = tuple[tuple[int, bytes], ...]
"""What a signer signed besides the content: ids and values."""


@dataclass(frozen=True, slots=True)
class SdkRange:
    """API levels, both ends included."""

    lowest: int
    highest: int

    def __contains__(self, level: int) -> bool:
        return self.lowest <= level <= self.highest


@dataclass(frozen=True, slots=True)
class Signer:
    """Somebody who signed the content."""

    certificate: Certificate
    sdks: SdkRange
    """The API levels that the signature is for."""
    attributes: Attributes


@dataclass(frozen=True, slots=True)
class _SignedData:
    digests: list[tuple[int, bytes]]
    """Of the content, each with the id of the signature algorithm that it is for."""
    certificates: list[Certificate]
    sdks: SdkRange
    attributes: Attributes


def verified_signers(block: bytes, content: SignedContent, sdks: SdkRange | None = None) -> list[Signer]:
    """The signers of a v2 or v3 block; raises PackageRefused unless all of them signed the content.

    Args:
        block: The value in the signing block.
        content: What they have to have signed.
        sdks: The API levels that all signers are for; None: every signer names its own, as in v3.
    """
    signers = list(Fields(block).sequence())
    if not 0 < len(signers) <= SIGNERS_LIMIT:
        raise invalid(f"the package has {len(signers)} signers; Android takes 1 to {SIGNERS_LIMIT}")
    return [_verified_signer(signer, content, sdks) for signer in signers]


def _verified_signer(fields: Fields, content: SignedContent, given: SdkRange | None) -> Signer:
    signed_data = fields.prefixed()
    sdks = given or _sdks(fields)
    signatures = [(signature.number(), signature.prefixed()) for signature in fields.sequence()]
    public_key = fields.prefixed()
    verified_by = _verified_by(signatures, public_key, signed_data, sdks.lowest)

    data = _signed_data(signed_data, given)
    if [id_ for id_, _ in data.digests] != [id_ for id_, _ in signatures]:
        raise invalid("a signer's digests are for other algorithms than its signatures")
    if not data.certificates or data.certificates[0].public_key != public_key:
        raise invalid("a signer has no certificate for its public key")
    if data.sdks != sdks:
        raise invalid("a signer is for other API levels than it signed")
    _check_content(data.digests, verified_by, content)
    return Signer(data.certificates[0], sdks, data.attributes)


def _verified_by(
    signatures: Sequence[tuple[int, bytes]], public_key: bytes, signed_data: bytes, level: int
) -> list[int]:
    """The ids of the algorithms that decide, one of them known at the API level; all of their signatures hold."""
    by_id = dict(reversed(signatures))
    ids = deciding(id_ for id_, _ in signatures)
    if all(ALGORITHMS[id_].since > level for id_ in ids):
        raise unsupported(f"a signer has no signature that Android can verify at API level {level}")
    if not all(ALGORITHMS[id_].verifies(public_key, by_id[id_], signed_data) for id_ in ids):
        raise invalid("a signer's signature does not hold")
    return ids


def _signed_data(signed_data: bytes, given: SdkRange | None) -> _SignedData:
    fields = Fields(signed_data)
    return _SignedData(
        digests=[(digest.number(), digest.prefixed()) for digest in fields.sequence()],
        certificates=[read_certificate(certificate.rest()) for certificate in fields.sequence()],
        sdks=given or _sdks(fields),
        attributes=tuple((attribute.number(), attribute.rest()) for attribute in fields.sequence()),
    )


def _sdks(fields: Fields) -> SdkRange:
    sdks = SdkRange(fields.number(), fields.number())
    if not sdks.lowest <= sdks.highest <= API_NEWEST:
        raise invalid("a signer is for no API level")
    return sdks


def _check_content(digests: Sequence[tuple[int, bytes]], verified_by: Sequence[int], content: SignedContent) -> None:
    """Every digest of a kind that a deciding signature stands for has to be the content's."""
    kinds = {ALGORITHMS[id_].content_digest for id_ in verified_by}
    for id_, digest in digests:
        algorithm = ALGORITHMS.get(id_)
        if algorithm and algorithm.content_digest in kinds and digest != content.digest(algorithm.content_digest):
            raise invalid("the content was changed after it was signed")
