"""One signer of a JAR signature: does the signature hold for the signature file, and that file for the manifest?"""

import hashlib
from collections.abc import Collection

from appshare.app_download.package_reading.refusal import shown
from appshare.app_download.package_signature.android import API_4_4, API_V2
from appshare.app_download.package_signature.certificate import Certificate
from appshare.app_download.package_signature.faults import invalid, stripped, unsupported
from appshare.app_download.package_signature.jar_algorithms import JAR_ALGORITHMS, JarAlgorithm
from appshare.app_download.package_signature.jar_digests import expected_digest
from appshare.app_download.package_signature.jar_manifest import JarManifest, Section, sections
from appshare.app_download.package_signature.pkcs7 import SignerInfo, read_signed_data
from appshare.app_download.package_signature.public_key import verifies

BLOCK_SCHEMES = frozenset({"2", "3"})
"""The schemes of which a signature file can say that the package is signed with them, too."""


class JarSigner:
    """A signature file and its signature; raises PackageRefused if the signature is not well formed.

    Args:
        name: Of the signature file, as it may stand in a message.
        file: Its content.
        signature: The content of the file beside it.
    """

    def __init__(self, name: str, file: bytes, signature: bytes) -> None:
        self._name = name
        self._file = file
        self._signed_data = read_signed_data(signature)
        self._main, *self._sections = [*sections(file)] or [Section(None, {}, 0, 0)]
        # Netscape's tool names the digest of the manifest otherwise, and digests sections without their last line.
        self._by_signtool = "signtool" in (self._main.get("Created-By") or "")

    def certificate(self, level: int) -> Certificate:
        """Whose signature holds for the file; raises PackageRefused if none does at the API level."""
        # Before Android 7.0 only the first one counted.
        considered = self._signed_data.signers if level >= API_V2 else self._signed_data.signers[:1]
        holding = [signer for signer in considered if self._holds(signer, level)]
        if not holding:
            raise invalid(f"the signature of {self._name} does not hold")
        return holding[0].certificate

    def entries(self, manifest: JarManifest, level: int, block_schemes: Collection[str]) -> frozenset[str] | None:
        """The entries whose digests in the manifest are signed; None if Android passes over this signer.

        Args:
            manifest: The manifest that the signature file has to be of.
            level: The API level.
            block_schemes: The numbers of the schemes that the package is signed with in its signing block.

        Raises:
            PackageRefused: The manifest was changed after it was signed, or another signature was taken away.
        """
        if self._main.get("Signature-Version") is None:
            return None
        self._check_block_schemes(block_schemes)
        whole = self._signs_all_of(manifest, level)
        sections_by_name = {section.entry: section for section in self._sections if section.entry is not None}
        names = sections_by_name.keys()
        if len(names) < len(self._sections) or not (whole or names <= manifest.entries.keys()):
            return None
        if not whole:
            for name, section in sections_by_name.items():
                self._check_section(name, section, manifest, level)
        return frozenset(names)

    def _holds(self, signer: SignerInfo, level: int) -> bool:
        algorithm = JAR_ALGORITHMS.get((signer.digest_algorithm, signer.signature_algorithm))
        if algorithm is None or algorithm.since > level:
            raise unsupported(f"{self._name} is signed with an algorithm that Android does not accept at level {level}")
        if not signer.certificate.may_sign():
            raise invalid(f"the certificate of {self._name} is not made for signatures")
        message = self._signed_message(signer, algorithm, level)
        if message is None:
            return False
        return verifies(signer.certificate.public_key, algorithm.key_use, algorithm.digest, signer.signature, message)

    def _signed_message(self, signer: SignerInfo, algorithm: JarAlgorithm, level: int) -> bytes | None:
        """The file, or attributes that hold its digest; None if they are about something else."""
        attributes = signer.attributes
        if attributes is None:
            return self._file
        if level < API_4_4:
            raise unsupported(f"{self._name} has signed attributes, which Android does not verify before API level 19")
        digest = hashlib.new(algorithm.digest.name, self._file, usedforsecurity=False).digest()
        same = (attributes.content_type, attributes.message_digest) == (self._signed_data.content_type, digest)
        return attributes.encoded if same else None

    def _check_block_schemes(self, block_schemes: Collection[str]) -> None:
        named = {scheme.strip().lstrip("0") for scheme in (self._main.get("X-Android-APK-Signed") or "").split(",")}
        lost = named & BLOCK_SCHEMES - set(block_schemes)
        if lost:
            raise stripped(f"the JAR signature says that there was a v{min(lost)} signature, too")

    def _signs_all_of(self, manifest: JarManifest, level: int) -> bool:
        """Whether the file has the right digest of the whole manifest; if not, each section has to have its own."""
        digest = expected_digest(self._main, "-Digest" if self._by_signtool else "-Digest-Manifest", level)
        if not self._by_signtool:
            self._check_main_section(manifest, level)
        return digest is not None and manifest.digest(digest.algorithm) == digest.value

    def _check_main_section(self, manifest: JarManifest, level: int) -> None:
        digest = expected_digest(self._main, "-Digest-Manifest-Main-Attributes", level)
        main = manifest.main
        if digest is not None and manifest.digest(digest.algorithm, main.start, main.end) != digest.value:
            raise invalid("the main section of MANIFEST.MF was changed after it was signed")

    def _check_section(self, name: str, section: Section, manifest: JarManifest, level: int) -> None:
        digest = expected_digest(section, "-Digest", level)
        if digest is None:
            raise invalid(f"{self._name} has no digest of what MANIFEST.MF says of {shown(name)}")
        described = manifest.entries[name]
        end = described.end
        if self._by_signtool and manifest.text[described.start : end].endswith(b"\n\n"):
            end -= 1
        if manifest.digest(digest.algorithm, described.start, end) != digest.value:
            raise invalid(f"what MANIFEST.MF says of {shown(name)} was changed after it was signed")
