"""The JAR signature, scheme v1: a digest of every entry in a manifest, and signers who sign the manifest.

https://source.android.com/docs/security/features/apksigning#v1 and the JAR File Specification, as Android reads it.
"""

from collections.abc import Collection, Sequence, Set
from typing import BinaryIO

from appshare.app_download.package_reading.refusal import shown
from appshare.app_download.package_signature.faults import invalid, missing
from appshare.app_download.package_signature.jar_archive import JarArchive
from appshare.app_download.package_signature.jar_digests import expected_digest
from appshare.app_download.package_signature.jar_manifest import JarManifest
from appshare.app_download.package_signature.jar_signer import JarSigner
from appshare.app_download.package_signature.signed import Scheme, Signed
from appshare.app_download.package_signature.signer import SIGNERS_LIMIT

_FOLDER = "META-INF/"
_MANIFEST = "META-INF/MANIFEST.MF"
_FILE = ".SF"
_SIGNATURES = (".RSA", ".DSA", ".EC")

_TEXT_LIMIT = 32 << 20
_SIGNATURE_LIMIT = 1 << 20


class JarSignature:
    """The JAR signature of a package; raises PackageRefused if there is none, or it is not well formed.

    Args:
        package: The file.
        block_schemes: The numbers of the schemes that the package is signed with in its signing block.
    """

    def __init__(self, package: BinaryIO, block_schemes: Collection[str]) -> None:
        self._archive = JarArchive(package)
        self._block_schemes = block_schemes
        names = self._archive.names()
        if _MANIFEST not in names:
            raise missing("the package is not signed")
        self._signed_names = [name for name in names if _has_to_be_signed(name)]
        self._manifest = JarManifest(self._archive.read(_MANIFEST, _TEXT_LIMIT))
        if not self._manifest.entries.keys() <= names:
            raise invalid("MANIFEST.MF names an entry that is not there")
        self._signers = [self._read_signer(*pair) for pair in _signature_files(names)]

    def signed_at(self, level: int) -> Signed:
        """Who signed the package; raises PackageRefused unless all of it is signed at the API level."""
        certificates = [signer.certificate(level) for signer in self._signers]
        signed = [signer.entries(self._manifest, level, self._block_schemes) for signer in self._signers]
        signers = self._signers_of_all([entries or frozenset() for entries in signed])
        self._check_entries(level)
        return Signed.by(Scheme.V1, [certificates[signer] for signer in signers])

    def _read_signer(self, file: str, signature: str) -> JarSigner:
        return JarSigner(
            shown(file), self._archive.read(file, _TEXT_LIMIT), self._archive.read(signature, _SIGNATURE_LIMIT)
        )

    def _signers_of_all(self, signed: Sequence[frozenset[str]]) -> tuple[int, ...]:
        """Which signers signed the entries, by their number; it has to be the same ones for every entry."""
        groups = {
            tuple(signer for signer, entries in enumerate(signed) if name in entries) for name in self._signed_names
        }
        if not groups or () in groups:
            raise invalid("an entry is not signed")
        if len(groups) > 1:
            raise invalid("not all entries are signed by the same signers")
        return groups.pop()

    def _check_entries(self, level: int) -> None:
        for name in self._signed_names:
            section = self._manifest.entries.get(name)
            digest = expected_digest(section, "-Digest", level) if section else None
            if digest is None:
                raise invalid(f"MANIFEST.MF has no digest of {shown(name)}")
            if self._archive.digest(name, digest.algorithm) != digest.value:
                raise invalid(f"{shown(name)} was changed after it was signed")


def _signature_files(names: Set[str]) -> list[tuple[str, str]]:
    """The names of all signature files that have a signature beside them, each with that of the signature."""
    signatures = [name for name in names if name.startswith(_FOLDER) and name.endswith(_SIGNATURES)]
    pairs = [(name[: name.rfind(".")] + _FILE, name) for name in signatures]
    found = [(file, signature) for file, signature in pairs if file in names]
    if not found:
        raise missing("nobody signed the package's manifest")
    if len(found) > SIGNERS_LIMIT:
        raise invalid(f"more than {SIGNERS_LIMIT} signers signed the package's manifest")
    return found


def _has_to_be_signed(name: str) -> bool:
    """Android asks for no digest of folders and of what lies beside the signature."""
    return not name.endswith("/") and not name.startswith(_FOLDER)
