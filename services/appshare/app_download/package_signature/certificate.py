"""What signatures need of an X.509 certificate; whether somebody vouches for it does not matter on Android."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from appshare.app_download.package_signature.ber import (
    BIT_STRING,
    BOOLEAN,
    INTEGER,
    OBJECT_IDENTIFIER,
    OCTET_STRING,
    PRINTABLE_STRING,
    SEQUENCE,
    SET,
    UTF8_STRING,
    Element,
    Elements,
    context,
    object_identifier,
    one,
)
from appshare.app_download.package_signature.faults import invalid

_KEY_USAGE = object_identifier("2.5.29.15")
_DIGITAL_SIGNATURE, _NON_REPUDIATION = 0x80, 0x40

# The extensions of RFC 5280 that Java and Android process; one that is critical and not among them forbids the use.
_PROCESSED = frozenset(
    object_identifier(f"2.5.29.{number}") for number in (14, 15, 16, 17, 18, 19, 30, 31, 32, 33, 35, 36, 37, 54)
) | {object_identifier("2.16.840.1.113730.1.1")}

Name = tuple[frozenset[tuple[bytes, bytes | str]], ...]
"""A distinguished name, to compare with others."""


@dataclass(frozen=True, slots=True)
class Extension:
    """One extension of a certificate."""

    critical: bool
    value: bytes


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate; bytes are as they are encoded."""

    encoded: bytes
    issuer: Name
    subject: Name
    serial: bytes
    public_key: bytes
    """SubjectPublicKeyInfo."""
    extensions: Mapping[bytes, Extension]

    @property
    def sha256(self) -> str:
        """The digest that Android knows the signer by, in lower-case hexadecimal."""
        return hashlib.sha256(self.encoded).hexdigest()

    def may_sign(self) -> bool:
        """Whether it is made for signatures, as far as it says what it is made for."""
        if any(extension.critical and id_ not in _PROCESSED for id_, extension in self.extensions.items()):
            return False
        if _KEY_USAGE not in self.extensions:
            return True
        bits = one(self.extensions[_KEY_USAGE].value, BIT_STRING).content[1:2]
        return any(byte & (_DIGITAL_SIGNATURE | _NON_REPUDIATION) for byte in bits)


def read_certificate(encoded: bytes) -> Certificate:
    """Read a certificate; raises PackageRefused if it is not well formed."""
    fields = one(one(encoded, SEQUENCE).content, SEQUENCE).children()
    fields.next_if(context(0))  # the version
    serial = fields.next(INTEGER).content
    fields.next(SEQUENCE)  # the algorithm of the issuer's signature
    issuer = read_name(fields.next(SEQUENCE))
    fields.next(SEQUENCE)  # the validity, which Android does not look at
    subject = read_name(fields.next(SEQUENCE))
    public_key = fields.next(SEQUENCE).encoded
    extensions = next((field for field in fields if field.tag == context(3)), None)
    return Certificate(
        encoded=encoded,
        issuer=issuer,
        subject=subject,
        serial=serial,
        public_key=public_key,
        extensions=_extensions(extensions.content) if extensions else {},
    )


def read_name(element: Element) -> Name:
    """A name such that names are equal whose texts are the same but for their encoding, case and spaces (RFC 5280)."""
    return tuple(
        frozenset(_attribute(attribute.expect(SEQUENCE).children()) for attribute in relative.expect(SET).children())
        for relative in element.children()
    )


def _attribute(fields: Elements) -> tuple[bytes, bytes | str]:
    id_ = fields.next(OBJECT_IDENTIFIER).content
    value = next(iter(fields), None)
    if value is None:
        raise invalid("a name in a certificate of the signature is cut off")
    if value.tag not in (UTF8_STRING, PRINTABLE_STRING):
        return id_, value.encoded
    return id_, " ".join(value.content.decode(errors="surrogateescape").lower().split())


def _extensions(encoded: bytes) -> dict[bytes, Extension]:
    return dict(_extension(element.expect(SEQUENCE).children()) for element in one(encoded, SEQUENCE).children())


def _extension(fields: Elements) -> tuple[bytes, Extension]:
    id_ = fields.next(OBJECT_IDENTIFIER).content
    critical = fields.next_if(BOOLEAN)
    value = fields.next(OCTET_STRING).content
    return id_, Extension(critical is not None and any(critical.content), value)
