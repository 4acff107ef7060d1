"""All signatures of a package, and which of them counts at an API level."""

from functools import cached_property
from typing import BinaryIO

from appshare.app_download.package_reading.zip_sections import zip_sections
from appshare.app_download.package_signature.android import API_NEWEST, API_V2, API_V2_REQUIRED, API_V3, API_V31
from appshare.app_download.package_signature.content_digest import SignedContent
from appshare.app_download.package_signature.faults import invalid, unsupported
from appshare.app_download.package_signature.jar_signature import JarSignature
from appshare.app_download.package_signature.scheme_v2 import BLOCK_V2, signed_by_v2
from appshare.app_download.package_signature.scheme_v3 import BLOCK_V3, BLOCK_V31, SchemeV3
from appshare.app_download.package_signature.signed import Scheme, Signed
from appshare.app_download.package_signature.signing_block import signing_block

_SANDBOX_WITH_V2 = 2
"""The targetSandboxVersion from which on a JAR signature does not do, as apksigner has it."""


class PackageSignatures:
    """The signatures of one package; raises PackageRefused if a v3 signature does not hold.

    Args:
        package: The file.
        target_sdk: Its targetSdkVersion.
        sandbox_version: Its targetSandboxVersion.
    """

    def __init__(self, package: BinaryIO, *, target_sdk: int, sandbox_version: int) -> None:
        sections = zip_sections(package)
        block = signing_block(package, sections)
        self._package = package
        self._blocks = block.values
        self._content = SignedContent(package, sections, block.offset)
        self._jar_suffices = target_sdk < API_V2_REQUIRED and sandbox_version < _SANDBOX_WITH_V2
        self._v3 = self._read_v3(Scheme.V3, BLOCK_V3)
        self._v31 = self._read_v3(Scheme.V31, BLOCK_V31)

    def bounds(self) -> set[int]:
        """The API levels at which another v3 signer begins to count."""
        schemes = filter(None, (self._v3, self._v31))
        return {level for scheme in schemes for level in scheme.bounds() if level <= API_NEWEST}

    def signed_at(self, level: int) -> Signed:
        """Who signed the package as Android of that level sees it; raises PackageRefused if it does not install it.

        Every Android takes the newest scheme that it knows and that the package has; it never falls back to an older
        one because the newer does not hold.
        """
        if level >= API_V31 and self._v31 and (signed := self._v31.signed_at(level)):
            return signed
        if level >= API_V3 and self._v3:
            if signed := self._v3.signed_at(level):
                return signed
            raise invalid(f"no v3 signer is for API level {level}")
        if level >= API_V2 and BLOCK_V2 in self._blocks:
            return signed_by_v2(self._blocks[BLOCK_V2], self._content, level, has_v3=self._v3 is not None)
        signed = self._jar_signature.signed_at(level)
        if level >= API_V2_REQUIRED and not self._jar_suffices:
            raise unsupported("a package for this version of Android needs more than a JAR signature")
        return signed

    @cached_property
    def _jar_signature(self) -> JarSignature:
        schemes = {BLOCK_V2: "2", BLOCK_V3: "3"}
        return JarSignature(self._package, {name for id_, name in schemes.items() if id_ in self._blocks})

    def _read_v3(self, scheme: Scheme, id_: int) -> SchemeV3 | None:
        return SchemeV3(scheme, self._blocks[id_], self._content) if id_ in self._blocks else None
