"""A private certificate authority: what it signs, only the processes of one cloud trust."""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from appshare.rpc.identity import identity_of

CA_LIFETIME = timedelta(days=3650)
LIFETIME = timedelta(days=398)
"""Of a process's certificate: as long as public authorities may give one (CA/Browser Forum, 2020)."""

_CLOCK_DIFFERENCE = timedelta(hours=1)
"""By how much clocks of two machines may differ."""

_NO_USAGE = dict.fromkeys(
    (
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
        "encipher_only",
        "decipher_only",
    ),
    False,
)


@dataclass(frozen=True)
class IssuedCertificate:
    """A certificate and its private key, in PEM."""

    certificate: bytes
    key: bytes


class CertificateAuthority:
    """An authority with an ECDSA P-256 key.

    Attributes:
        certificate: its own, signed by itself.
    """

    def __init__(self, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> None:
        self._key = key
        self.certificate = certificate

    @classmethod
    def create(cls, key_pem: bytes, now: datetime) -> Self:
        """An authority for a key, with a fresh certificate."""
        key = _load_key(key_pem)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "AppShare private CA")])
        public_key = key.public_key()
        builder = _begin(name, name, public_key, now, CA_LIFETIME)
        usage = x509.KeyUsage(**{**_NO_USAGE, "key_cert_sign": True, "crl_sign": True})
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        builder = builder.add_extension(usage, critical=True)
        builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        return cls(key, builder.sign(key, hashes.SHA256()))

    @classmethod
    def load(cls, key_pem: bytes, certificate_pem: bytes) -> Self:
        """The authority of a key and its certificate.

        Raises:
            ValueError: they are damaged, or not of one pair.
        """
        key, certificate = _load_key(key_pem), x509.load_pem_x509_certificate(certificate_pem)
        if certificate.public_key() != key.public_key():
            raise ValueError("the key is not that of the certificate")
        return cls(key, certificate)

    @property
    def certificate_pem(self) -> bytes:
        """What everybody gets who is to trust the authority."""
        return self.certificate.public_bytes(Encoding.PEM)

    def issue(self, role: str, names: Sequence[str], now: datetime) -> IssuedCertificate:
        """A certificate with a fresh key for a process: it may serve under `names`, and is known by its role.

        Args:
            names: host names and IP addresses.

        Raises:
            ValueError: one of the names is neither.
        """
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, role)])
        builder = _begin(subject, self.certificate.subject, key.public_key(), now, LIFETIME)
        usage = x509.KeyUsage(**{**_NO_USAGE, "digital_signature": True})
        purposes = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH])
        authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        alternatives = [*map(_alternative, names), x509.UniformResourceIdentifier(identity_of(role))]
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        builder = builder.add_extension(usage, critical=True)
        builder = builder.add_extension(purposes, critical=False)
        builder = builder.add_extension(authority, critical=False)
        builder = builder.add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        return IssuedCertificate(builder.sign(self._key, hashes.SHA256()).public_bytes(Encoding.PEM), _key_pem(key))


def new_key() -> bytes:
    """A fresh ECDSA P-256 private key in PEM."""
    return _key_pem(ec.generate_private_key(ec.SECP256R1()))


def names_of(certificate_pem: bytes) -> list[str]:
    """The host names and IP addresses that a certificate is for.

    Raises:
        ValueError: it is damaged, or names none.
    """
    certificate = x509.load_pem_x509_certificate(certificate_pem)
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound as error:
        raise ValueError("the certificate has no names") from error
    return [*names.get_values_for_type(x509.DNSName), *map(str, names.get_values_for_type(x509.IPAddress))]


def expire_time_of(certificate_pem: bytes) -> datetime:
    """When a certificate ends."""
    return x509.load_pem_x509_certificate(certificate_pem).not_valid_after_utc


def _begin(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime, lifetime: timedelta
) -> x509.CertificateBuilder:
    now = now.astimezone(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _CLOCK_DIFFERENCE)
        .not_valid_after(now + lifetime)
    )


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _load_key(key_pem: bytes) -> ec.EllipticCurvePrivateKey:
    key = load_pem_private_key(key_pem, password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise ValueError("not an ECDSA key")  # noqa: TRY004  # like every other damage
    return key


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
