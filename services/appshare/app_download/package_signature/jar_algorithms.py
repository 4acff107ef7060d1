"""The algorithms of JAR signatures, and the API level from which on every Android accepts them.

Which levels these are is what apksigner says of them. A pair that only some versions in between accept (such as a
SHA-1 digest with SHA256withRSA from 21 to 23) is left out: no package can be installed from some version on with it.
"""

from dataclasses import dataclass

from cryptography.hazmat.primitives.hashes import MD5, SHA1, SHA224, SHA256, SHA384, SHA512, HashAlgorithm

from appshare.app_download.package_signature.android import API_2_3, API_4_3, API_5_0, API_5_1
from appshare.app_download.package_signature.ber import object_identifier
from appshare.app_download.package_signature.public_key import KeyUse

_MD5 = "1.2.840.113549.2.5"
_SHA1 = "1.3.14.3.2.26"
_SHA224 = "2.16.840.1.101.3.4.2.4"
_SHA256 = "2.16.840.1.101.3.4.2.1"
_SHA384 = "2.16.840.1.101.3.4.2.2"
_SHA512 = "2.16.840.1.101.3.4.2.3"

_RSA = "1.2.840.113549.1.1"
_DSA = "1.2.840.10040.4"
_DSA_SHA2 = "2.16.840.1.101.3.4.3"
_EC = "1.2.840.10045.2"
_ECDSA = "1.2.840.10045.4"


@dataclass(frozen=True, slots=True)
class JarAlgorithm:
    """How a JAR signer signs."""

    digest: HashAlgorithm
    key_use: KeyUse
    since: int


_BY_NAME = {
    (_MD5, f"{_RSA}.1"): JarAlgorithm(MD5(), KeyUse.RSA, 0),  # noqa: S303  # Android still takes it
    (_MD5, f"{_RSA}.4"): JarAlgorithm(MD5(), KeyUse.RSA, API_5_0),  # noqa: S303  # Android still takes it
    (_SHA1, f"{_RSA}.1"): JarAlgorithm(SHA1(), KeyUse.RSA, 0),  # noqa: S303  # Android still takes it
    (_SHA1, f"{_RSA}.5"): JarAlgorithm(SHA1(), KeyUse.RSA, 0),  # noqa: S303  # Android still takes it
    (_SHA224, f"{_RSA}.1"): JarAlgorithm(SHA224(), KeyUse.RSA, API_5_0),
    (_SHA224, f"{_RSA}.14"): JarAlgorithm(SHA224(), KeyUse.RSA, API_5_0),
    (_SHA256, f"{_RSA}.1"): JarAlgorithm(SHA256(), KeyUse.RSA, API_4_3),
    (_SHA256, f"{_RSA}.11"): JarAlgorithm(SHA256(), KeyUse.RSA, API_4_3),
    (_SHA384, f"{_RSA}.1"): JarAlgorithm(SHA384(), KeyUse.RSA, API_4_3),
    (_SHA384, f"{_RSA}.12"): JarAlgorithm(SHA384(), KeyUse.RSA, API_5_0),
    (_SHA512, f"{_RSA}.1"): JarAlgorithm(SHA512(), KeyUse.RSA, API_4_3),
    (_SHA512, f"{_RSA}.13"): JarAlgorithm(SHA512(), KeyUse.RSA, API_5_0),
    (_SHA1, f"{_DSA}.1"): JarAlgorithm(SHA1(), KeyUse.DSA, 0),  # noqa: S303  # Android still takes it
    (_SHA1, f"{_DSA}.3"): JarAlgorithm(SHA1(), KeyUse.DSA, API_2_3),  # noqa: S303  # Android still takes it
    (_SHA224, f"{_DSA}.1"): JarAlgorithm(SHA224(), KeyUse.DSA, API_5_1),
    (_SHA224, f"{_DSA_SHA2}.1"): JarAlgorithm(SHA224(), KeyUse.DSA, API_5_0),
    (_SHA256, f"{_DSA}.1"): JarAlgorithm(SHA256(), KeyUse.DSA, API_5_1),
    (_SHA256, f"{_DSA_SHA2}.2"): JarAlgorithm(SHA256(), KeyUse.DSA, API_5_0),
    (_SHA1, f"{_EC}.1"): JarAlgorithm(SHA1(), KeyUse.EC, API_4_3),  # noqa: S303  # Android still takes it
    (_SHA1, f"{_ECDSA}.1"): JarAlgorithm(SHA1(), KeyUse.EC, API_4_3),  # noqa: S303  # Android still takes it
    (_SHA224, f"{_EC}.1"): JarAlgorithm(SHA224(), KeyUse.EC, API_5_0),
    (_SHA224, f"{_ECDSA}.3.1"): JarAlgorithm(SHA224(), KeyUse.EC, API_5_0),
    (_SHA256, f"{_EC}.1"): JarAlgorithm(SHA256(), KeyUse.EC, API_4_3),
    (_SHA256, f"{_ECDSA}.3.2"): JarAlgorithm(SHA256(), KeyUse.EC, API_5_0),
    (_SHA384, f"{_EC}.1"): JarAlgorithm(SHA384(), KeyUse.EC, API_4_3),
    (_SHA384, f"{_ECDSA}.3.3"): JarAlgorithm(SHA384(), KeyUse.EC, API_5_0),
    (_SHA512, f"{_EC}.1"): JarAlgorithm(SHA512(), KeyUse.EC, API_4_3),
    (_SHA512, f"{_ECDSA}.3.4"): JarAlgorithm(SHA512(), KeyUse.EC, API_5_0),
}

JAR_ALGORITHMS = {
    (object_identifier(digest), object_identifier(signature)): algorithm
    for (digest, signature), algorithm in _BY_NAME.items()
}
"""By digest and signature algorithm, as the content of object identifiers."""
