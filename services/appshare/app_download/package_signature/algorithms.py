"""The signature algorithms of the schemes v2 and v3.

The ids are those of https://source.android.com/docs/security/features/apksigning/v2#signature-algorithm-ids; the
three that sign a hash tree came with Android 9.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from cryptography.hazmat.primitives.hashes import SHA256, SHA512, HashAlgorithm

from appshare.app_download.package_signature.android import API_V2, API_VERITY
from appshare.app_download.package_signature.content_digest import ContentDigest
from appshare.app_download.package_signature.public_key import KeyUse, verifies


@dataclass(frozen=True, slots=True)
class SignatureAlgorithm:
    """One algorithm, and the API level from which on Android knows it."""

    key_use: KeyUse
    digest: HashAlgorithm
    content_digest: ContentDigest
    since: int = API_V2

    def verifies(self, key: bytes, signature: bytes, message: bytes) -> bool:
        """Whether the signature holds; raises PackageRefused if the key does not suit it."""
        return verifies(key, self.key_use, self.digest, signature, message)


ALGORITHMS = {
    0x0101: SignatureAlgorithm(KeyUse.RSA_PSS, SHA256(), ContentDigest.CHUNKED_SHA256),
    0x0102: SignatureAlgorithm(KeyUse.RSA_PSS, SHA512(), ContentDigest.CHUNKED_SHA512),
    0x0103: SignatureAlgorithm(KeyUse.RSA, SHA256(), ContentDigest.CHUNKED_SHA256),
    0x0104: SignatureAlgorithm(KeyUse.RSA, SHA512(), ContentDigest.CHUNKED_SHA512),
    0x0201: SignatureAlgorithm(KeyUse.EC, SHA256(), ContentDigest.CHUNKED_SHA256),
    0x0202: SignatureAlgorithm(KeyUse.EC, SHA512(), ContentDigest.CHUNKED_SHA512),
    0x0301: SignatureAlgorithm(KeyUse.DSA, SHA256(), ContentDigest.CHUNKED_SHA256),
    0x0421: SignatureAlgorithm(KeyUse.RSA, SHA256(), ContentDigest.VERITY_SHA256, API_VERITY),
    0x0423: SignatureAlgorithm(KeyUse.EC, SHA256(), ContentDigest.VERITY_SHA256, API_VERITY),
    0x0425: SignatureAlgorithm(KeyUse.DSA, SHA256(), ContentDigest.VERITY_SHA256, API_VERITY),
}


def deciding(ids: Iterable[int]) -> list[int]:
    """Of a signer's algorithms those whose signatures have to hold: the best of each Android that brought some.

    An Android itself asks for the best that it knows; apksigner asks for the best of all Androids.
    """
    best: dict[int, int] = {}
    for id_ in ids:
        if id_ in ALGORITHMS:
            algorithm = ALGORITHMS[id_]
            known = best.setdefault(algorithm.since, id_)
            if algorithm.content_digest > ALGORITHMS[known].content_digest:
                best[algorithm.since] = id_
    return list(best.values())
