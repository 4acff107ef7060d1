"""Public keys, and whether a signature was made with the private half of one."""

from enum import StrEnum

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.dsa import DSAPublicKey
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS, AsymmetricPadding, PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import HashAlgorithm
from cryptography.hazmat.primitives.serialization import load_der_public_key

from appshare.app_download.package_signature.faults import invalid


class KeyUse(StrEnum):
    """The kind of key, and how it signs."""

    RSA = "RSA"
    RSA_PSS = "RSA-PSS"
    DSA = "DSA"
    EC = "EC"


def verifies(key: bytes, use: KeyUse, digest: HashAlgorithm, signature: bytes, message: bytes) -> bool:
    """Whether the signature over the message holds.

    Args:
        key: SubjectPublicKeyInfo, in DER.
        use: What the signature says of itself.
        digest: Of the message.
        signature: As X.509 encodes signatures of that kind.
        message: What is signed.

    Raises:
        PackageRefused: There is no such key, or it is of another kind than the signature.
    """
    try:
        _verify(key, use, digest, signature, message)
    except InvalidSignature:
        return False
    except (ValueError, UnsupportedAlgorithm):
        raise invalid("the signer's public key cannot be used") from None
    return True


def _verify(key: bytes, use: KeyUse, digest: HashAlgorithm, signature: bytes, message: bytes) -> None:
    match load_der_public_key(key), use:
        case RSAPublicKey() as rsa, KeyUse.RSA | KeyUse.RSA_PSS:
            rsa.verify(signature, message, _padding(use, digest), digest)
        case DSAPublicKey() as dsa, KeyUse.DSA:
            dsa.verify(signature, message, digest)
        case EllipticCurvePublicKey() as ec, KeyUse.EC:
            ec.verify(signature, message, ECDSA(digest))
        case _:
            raise invalid("the signer's public key is of another kind than the signature")


def _padding(use: KeyUse, digest: HashAlgorithm) -> AsymmetricPadding:
    return PSS(MGF1(digest), digest.digest_size) if use is KeyUse.RSA_PSS else PKCS1v15()
