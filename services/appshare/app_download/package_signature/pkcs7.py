"""The signature of a JAR signer: SignedData of PKCS #7 (RFC 2315), without the content that it signs."""

from dataclasses import dataclass

from appshare.app_download.package_signature.ber import (
    INTEGER,
    OBJECT_IDENTIFIER,
    OCTET_STRING,
    SEQUENCE,
    SET,
    Element,
    Elements,
    context,
    object_identifier,
    one,
)
from appshare.app_download.package_signature.certificate import Certificate, Name, read_certificate, read_name
from appshare.app_download.package_signature.faults import invalid

_SIGNED_DATA = object_identifier("1.2.840.113549.1.7.2")
_CONTENT_TYPE = object_identifier("1.2.840.113549.1.9.3")
_MESSAGE_DIGEST = object_identifier("1.2.840.113549.1.9.4")


_Certificates = dict[tuple[Name, bytes], Certificate]
"""By issuer and serial number."""


@dataclass(frozen=True, slots=True)
class SignedAttributes:
    """What is signed in place of the content, which one of them is the digest of."""

    encoded: bytes
    """As it is signed."""
    content_type: bytes
    message_digest: bytes


@dataclass(frozen=True, slots=True)
class SignerInfo:
    """One signature; algorithms as the content of object identifiers."""

    certificate: Certificate
    digest_algorithm: bytes
    signature_algorithm: bytes
    signature: bytes
    attributes: SignedAttributes | None


@dataclass(frozen=True, slots=True)
class SignedData:
    """All signatures, and the type of what they sign."""

    content_type: bytes
    signers: tuple[SignerInfo, ...]


def read_signed_data(encoded: bytes) -> SignedData:
    """Read a signature file's signature; raises PackageRefused if it is not well formed."""
    content_info = one(encoded, SEQUENCE).children()
    if content_info.next(OBJECT_IDENTIFIER).content != _SIGNED_DATA:
        raise invalid("the JAR signature is not SignedData of PKCS #7")
    fields = one(content_info.next(context(0)).content, SEQUENCE).children()
    fields.next(INTEGER)  # the version
    fields.next(SET)  # the digest algorithms, which each signer names again
    content_type = fields.next(SEQUENCE).children().next(OBJECT_IDENTIFIER).content
    bag = fields.next_if(context(0))
    fields.next_if(context(1))  # revocation lists
    certificates = _certificates(bag) if bag else {}
    signers = fields.next(SET).children()
    return SignedData(content_type, tuple(_signer_info(signer, certificates) for signer in signers))


def _signer_info(element: Element, certificates: _Certificates) -> SignerInfo:
    fields = element.expect(SEQUENCE).children()
    fields.next(INTEGER)  # the version
    certificate = _certificate(fields, certificates)
    digest_algorithm = _algorithm(fields.next(SEQUENCE))
    attributes = fields.next_if(context(0))
    signature_algorithm = _algorithm(fields.next(SEQUENCE))
    signature = fields.next(OCTET_STRING).content
    signed_attributes = _signed_attributes(attributes) if attributes else None
    return SignerInfo(certificate, digest_algorithm, signature_algorithm, signature, signed_attributes)


def _algorithm(identifier: Element) -> bytes:
    return identifier.children().next(OBJECT_IDENTIFIER).content


def _certificates(bag: Element) -> _Certificates:
    """Of several certificates that are named alike the first counts."""
    certificates: _Certificates = {}
    for element in bag.children():
        certificate = read_certificate(element.encoded)
        certificates.setdefault((certificate.issuer, certificate.serial), certificate)
    return certificates


def _certificate(fields: Elements, certificates: _Certificates) -> Certificate:
    """The one that the signer names; Android knows no other way of naming it."""
    named = fields.next(SEQUENCE).children()
    name = read_name(named.next(SEQUENCE)), named.next(INTEGER).content
    if name not in certificates:
        raise invalid("the certificate of a JAR signer is missing")
    return certificates[name]


def _signed_attributes(attributes: Element) -> SignedAttributes:
    values: dict[bytes, list[Element]] = {}
    for attribute in attributes.children():
        fields = attribute.expect(SEQUENCE).children()
        id_ = fields.next(OBJECT_IDENTIFIER).content
        if id_ in values:
            raise invalid("a signed attribute of the JAR signature is there twice")
        values[id_] = list(fields.next(SET).children())
    # They are signed as the SET that they are, not under the tag that tells them from the other fields.
    return SignedAttributes(
        encoded=bytes((SET,)) + attributes.encoded[1:],
        content_type=_single(values, _CONTENT_TYPE).expect(OBJECT_IDENTIFIER).content,
        message_digest=_single(values, _MESSAGE_DIGEST).expect(OCTET_STRING).content,
    )


def _single(values: dict[bytes, list[Element]], id_: bytes) -> Element:
    if len(values.get(id_, ())) != 1:
        raise invalid("a signed attribute of the JAR signature is missing, or has several values")
    return values[id_][0]
