"""The signature of `entry.jar`, by F-Droid's rules, which are stricter than Android's for packages.

Exactly one signer, whose certificate is the pinned one; no digest older than SHA-256; exactly one entry beside the
signature. https://f-droid.org/docs/All_our_APIs/#the-repo-index
"""

from collections.abc import Set
from typing import BinaryIO

from appshare.app_download.package_reading.refusal import PackageRefused, RefusalReason
from appshare.app_download.package_signature.android import API_NEWEST
from appshare.app_download.package_signature.jar_algorithms import JAR_ALGORITHMS
from appshare.app_download.package_signature.jar_archive import JarArchive
from appshare.app_download.package_signature.jar_digests import expected_digest
from appshare.app_download.package_signature.jar_manifest import JarManifest, Section, sections
from appshare.app_download.package_signature.jar_signature import JarSignature
from appshare.app_download.package_signature.jar_signer import BLOCK_SCHEMES
from appshare.app_download.package_signature.pkcs7 import read_signed_data
from appshare.app_download.upstreams.index_reading.refusal import IndexFault, IndexRefused

ENTRY = "entry.json"

_FOLDER = "META-INF/"
_MANIFEST = "META-INF/MANIFEST.MF"
_SIGNATURE_FILE = ".SF"
_SIGNATURES = (".RSA", ".DSA", ".EC")
_TEXT_LIMIT = 1 << 20
_STRONG = {"sha256", "sha384", "sha512"}

_FAULTS = {
    RefusalReason.SIGNATURE_MISSING: IndexFault.UNSIGNED,
    RefusalReason.SIGNATURE_INVALID: IndexFault.SIGNATURE_INVALID,
    RefusalReason.SIGNATURE_STRIPPED: IndexFault.SIGNATURE_INVALID,
    RefusalReason.SIGNATURE_UNSUPPORTED: IndexFault.SIGNATURE_INVALID,
    RefusalReason.TOO_LARGE: IndexFault.TOO_LARGE,
}


def verified_entry(jar: BinaryIO, fingerprint: str, limit: int) -> bytes:
    """The content of `entry.json`, which the owner of the pinned certificate has signed.

    Args:
        jar: the file.
        fingerprint: SHA-256 of the certificate to accept, in lower-case hexadecimal.
        limit: bytes that the entry may have.

    Raises:
        IndexRefused: the file is not what the owner of the certificate has signed.
    """
    try:
        return _verified_entry(jar, fingerprint, limit)
    except PackageRefused as refused:
        fault = _FAULTS.get(refused.reason, IndexFault.NOT_A_JAR)
        raise IndexRefused(fault, refused.message.replace("the package", "entry.jar")) from None


def _verified_entry(jar: BinaryIO, fingerprint: str, limit: int) -> bytes:
    archive = JarArchive(jar)
    names = archive.names()
    _require_one_entry(names)
    signature_file, signature = _require_one_signature(names)
    _require_one_signer(archive.read(signature, _TEXT_LIMIT))
    _require_strong(archive.read(_MANIFEST, _TEXT_LIMIT), archive.read(signature_file, _TEXT_LIMIT))
    # A JAR has no signing block that a signature could have been taken from.
    signed = JarSignature(jar, BLOCK_SCHEMES).signed_at(API_NEWEST)
    if signed.signers != (fingerprint,):
        message = f"entry.jar is signed by {signed.signers[0]}, not by {fingerprint}"
        raise IndexRefused(IndexFault.OTHER_SIGNER, message)
    return archive.read(ENTRY, limit)


def _require_one_entry(names: Set[str]) -> None:
    content = {name for name in names if not name.startswith(_FOLDER)}
    if content != {ENTRY}:
        message = f"entry.jar holds {len(content)} entries beside its signature; there has to be {ENTRY} alone"
        raise IndexRefused(IndexFault.OTHER_ENTRIES, message)


def _require_one_signature(names: Set[str]) -> tuple[str, str]:
    """The names of the signature file and its signature."""
    files = [name for name in names if name.startswith(_FOLDER) and name.endswith(_SIGNATURE_FILE)]
    signatures = [name for name in names if name.startswith(_FOLDER) and name.endswith(_SIGNATURES)]
    if _MANIFEST not in names or not files or not signatures:
        raise IndexRefused(IndexFault.UNSIGNED, "entry.jar is not signed")
    if len(files) > 1 or len(signatures) > 1:
        raise _several_signers()
    return files[0], signatures[0]


def _require_one_signer(signature: bytes) -> None:
    signed_data = read_signed_data(signature)
    if not signed_data.signers:
        raise IndexRefused(IndexFault.UNSIGNED, "nobody signed entry.jar")
    if len(signed_data.signers) > 1:
        raise _several_signers()
    signer = signed_data.signers[0]
    algorithm = JAR_ALGORITHMS.get((signer.digest_algorithm, signer.signature_algorithm))
    if algorithm is not None and algorithm.digest.name not in _STRONG:
        raise _weak(algorithm.digest.name)


def _require_strong(manifest: bytes, signature_file: bytes) -> None:
    """Every digest that is compared has to be a strong one."""
    main = next(iter(sections(signature_file)), Section(None, {}, 0, 0))
    compared = [expected_digest(main, "-Digest-Manifest", API_NEWEST)]
    compared += [expected_digest(entry, "-Digest", API_NEWEST) for entry in JarManifest(manifest).entries.values()]
    for digest in compared:
        if digest is None or digest.algorithm not in _STRONG:
            raise _weak(digest.algorithm if digest else "no known algorithm")


def _several_signers() -> IndexRefused:
    return IndexRefused(IndexFault.SEVERAL_SIGNERS, "entry.jar has several signers; there has to be exactly one")


def _weak(algorithm: str) -> IndexRefused:
    message = f"a digest of entry.jar is made with {algorithm}; SHA-256 is the least"
    return IndexRefused(IndexFault.WEAK_DIGEST, message)
