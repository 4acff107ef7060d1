"""Certificates of keys that are no secret: nobody can tell who signs with them."""

from appshare.app_download.package_signature.ber import object_identifier
from appshare.app_download.package_signature.certificate import Certificate

_COMMON_NAME = object_identifier("2.5.4.3")
_DEBUG = (_COMMON_NAME, "android debug")
"""In every certificate that Android's tools make for debugging, the key of which has the password `android`."""

# The keys are in Android's sources: build/make/target/product/security.
_PUBLIC_KEYS = frozenset(
    {
        "a40da80a59d170caa950cf15c18c454d47a39b26989d8b640ecd745ba71bf5dc",  # testkey
        "c8a2e9bccf597c2fb6dc66bee293fc13f2fc47ec77bc6b2b0d52c11f51192ab8",  # platform
        "28bbfe4a7b97e74681dc55c2fbb6ccb8d6c74963733f6af6ae74d8c3a6e879fd",  # shared
        "465983f7791f2abeb43ea2cbdc7f21a8260b72bc08a55c839fc1a43bc741a81e",  # media
    }
)


def is_debug_certificate(certificate: Certificate) -> bool:
    """Whether it is one that Android's tools make for debugging, or one of those in Android's sources."""
    return certificate.sha256 in _PUBLIC_KEYS or any(_DEBUG in attributes for attributes in certificate.subject)
