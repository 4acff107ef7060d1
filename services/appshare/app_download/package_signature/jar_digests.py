"""Which digests of a JAR signature Android compares; the rules changed with Android 4.3."""

import base64
import binascii
from dataclasses import dataclass

from appshare.app_download.package_signature.android import API_2_3, API_4_3
from appshare.app_download.package_signature.faults import invalid
from appshare.app_download.package_signature.jar_manifest import Section

# Before Android 4.3 the attribute Digest-Algorithms says which digest to take: (name for hashlib, known since).
_LISTED = {
    "MD5": ("md5", 0),
    "SHA": ("sha1", 0),
    "SHA1": ("sha1", 0),
    "SHA-1": ("sha1", 0),
    "SHA-256": ("sha256", 0),
    "SHA-384": ("sha384", API_2_3),
    "SHA-512": ("sha512", API_2_3),
}
_LISTED_BY_DEFAULT = "SHA SHA1"

# Since then it is the strongest: (name in attributes, name for hashlib).
_BY_STRENGTH = (("SHA-512", "sha512"), ("SHA-384", "sha384"), ("SHA-256", "sha256"), ("SHA1", "sha1"))


@dataclass(frozen=True, slots=True)
class ExpectedDigest:
    """A digest that a manifest or a signature file names."""

    algorithm: str
    """As hashlib names it."""
    value: bytes


def expected_digest(section: Section, suffix: str, level: int) -> ExpectedDigest | None:
    """The digest that Android takes of a section at an API level; None if it sees none.

    Args:
        section: The section with the digests.
        suffix: Of the attributes' names: `-Digest` for the digest of an entry.
        level: The API level.

    Raises:
        PackageRefused: The digest is not in base 64.
    """
    for name, algorithm in _candidates(section, level):
        value = section.get(name + suffix)
        if value is not None:
            return ExpectedDigest(algorithm, _decoded(value))
    return None


def _candidates(section: Section, level: int) -> tuple[tuple[str, str], ...]:
    if level >= API_4_3:
        return _BY_STRENGTH
    listed = section.get("Digest-Algorithms")
    names = (_LISTED_BY_DEFAULT if listed is None else listed).split()
    known = ((name, *_LISTED[name.upper()]) for name in names if name.upper() in _LISTED)
    return tuple((name, algorithm) for name, algorithm, since in known if level >= since)


def _decoded(value: str) -> bytes:
    padding = "=" * (-len(value) % 4)  # which some tools leave out
    try:
        return base64.b64decode(value + padding, validate=True)
    except (binascii.Error, ValueError):
        raise invalid("a digest in the JAR signature is not in base 64") from None
