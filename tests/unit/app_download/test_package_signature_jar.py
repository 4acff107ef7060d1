"""JAR signatures (scheme v1), on packages signed here.

What is expected of each is what apksigner says of it, but where a comment says otherwise.
"""

import base64
import hashlib
import io
import random
import warnings
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from zipfile import ZIP_DEFLATED, ZIP_LZMA, ZIP_STORED, ZipFile

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from appshare.app_download.package_reading.refusal import PackageRefused, RefusalReason
from appshare.app_download.package_signature.signed import Scheme
from appshare.app_download.package_signature.verdict import SignatureVerdict, verify_signature

INVALID, MISSING = RefusalReason.SIGNATURE_INVALID, RefusalReason.SIGNATURE_MISSING
STRIPPED, UNSUPPORTED = RefusalReason.SIGNATURE_STRIPPED, RefusalReason.SIGNATURE_UNSUPPORTED
MALFORMED = RefusalReason.MALFORMED_ARCHIVE

DATA, SIGNED_DATA = "1.2.840.113549.1.7.1", "1.2.840.113549.1.7.2"
CONTENT_TYPE, MESSAGE_DIGEST = "1.2.840.113549.1.9.3", "1.2.840.113549.1.9.4"
RSA = "1.2.840.113549.1.1.1"
DIGESTS: dict[str, tuple[str, hashes.HashAlgorithm]] = {
    "md5": ("1.2.840.113549.2.5", hashes.MD5()),  # noqa: S303  # Android still takes it
    "sha1": ("1.3.14.3.2.26", hashes.SHA1()),  # noqa: S303  # Android still takes it
    "sha256": ("2.16.840.1.101.3.4.2.1", hashes.SHA256()),
    "sha512": ("2.16.840.1.101.3.4.2.3", hashes.SHA512()),
}
DIGEST_NAMES = {"md5": "MD5", "sha1": "SHA1", "sha256": "SHA-256", "sha384": "SHA-384", "sha512": "SHA-512"}


def tlv(tag: int, *contents: bytes) -> bytes:
    content = b"".join(contents)
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8)
    return bytes((tag, 0x80 | len(length))) + length + content


def indefinite(tag: int, *contents: bytes) -> bytes:
    return bytes((tag, 0x80)) + b"".join(contents) + b"\0\0"


def oid(name: str) -> bytes:
    first, second, *others = map(int, name.split("."))
    content = bytearray()
    for number in (40 * first + second, *others):
        digits = [number & 0x7F]
        while number := number >> 7:
            digits.append(0x80 | number & 0x7F)
        content += bytes(reversed(digits))
    return tlv(0x06, content)


def integer(number: int) -> bytes:
    return tlv(0x02, number.to_bytes(number.bit_length() // 8 + 1))


def seq(*contents: bytes) -> bytes:
    return tlv(0x30, *contents)


def attribute(name: str, *values: bytes) -> bytes:
    return seq(oid(name), tlv(0x31, *values))


class Signer:
    """A key and a certificate for it."""

    def __init__(self, name: str, extension: x509.ExtensionType | None = None, *, critical: bool = True) -> None:
        self.private = rsa.generate_private_key(65537, 1024)  # noqa: S505  # it signs nothing but this test
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        builder = x509.CertificateBuilder().subject_name(subject).issuer_name(subject).serial_number(7)
        builder = builder.not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        builder = builder.not_valid_after(datetime(2120, 1, 1, tzinfo=UTC)).public_key(self.private.public_key())
        if extension is not None:
            builder = builder.add_extension(extension, critical=critical)
        self.certificate = builder.sign(self.private, hashes.SHA256()).public_bytes(Encoding.DER)
        self.sha256 = hashlib.sha256(self.certificate).hexdigest()
        self.issuer = subject.public_bytes()

    def info(self, file: bytes, digest: str = "sha1", **changes: Any) -> bytes:
        """A SignerInfo over the file, or over attributes."""
        id_, algorithm = DIGESTS[digest]
        attributes: Sequence[bytes] | None = changes.get("attributes")
        message = file if attributes is None else tlv(0x31, *attributes)
        signature = self.private.sign(changes.get("signs", message), padding.PKCS1v15(), algorithm)
        return seq(
            integer(1),
            seq(changes.get("issuer", self.issuer), integer(changes.get("serial", 7))),
            seq(oid(id_)),
            b"" if attributes is None else tlv(0xA0, *attributes),
            seq(oid(changes.get("algorithm", RSA))),
            tlv(0x04, signature),
        )


ANNA, BEN = Signer("Anna"), Signer("Ben")


def pkcs7(*infos: bytes, certificates: Sequence[bytes] = (ANNA.certificate, BEN.certificate)) -> bytes:
    return seq(
        oid(SIGNED_DATA),
        tlv(0xA0, seq(integer(1), tlv(0x31), seq(oid(DATA)), tlv(0xA0, *certificates), tlv(0x31, *infos))),
    )


def digest(algorithm: str, content: bytes) -> str:
    value = base64.b64encode(hashlib.new(algorithm, content).digest()).decode()
    return f"{DIGEST_NAMES[algorithm]}-Digest: {value}\r\n"


CONTENT = {"AndroidManifest.xml": b"manifest", "classes.dex": b"code" * 999, "lib/x86/liba.so": b"library"}
MAIN = b"Manifest-Version: 1.0\r\n\r\n"


def section(name: str, *lines: str) -> bytes:
    return f"Name: {name}\r\n{''.join(lines)}\r\n".encode()


SECTIONS = {name: section(name, digest("sha1", content)) for name, content in CONTENT.items()}
MANIFEST = MAIN + b"".join(SECTIONS.values())


def signature_file(
    manifest: bytes | None = MANIFEST,
    sections: Mapping[str, bytes] = SECTIONS,
    *,
    head: str = "",
    algorithm: str = "sha1",
) -> bytes:
    """The digests of a whole manifest, if one is given, and of its sections."""
    whole = digest(algorithm, manifest).replace("-Digest:", "-Digest-Manifest:") if manifest is not None else ""
    parts = [section(name, digest(algorithm, part)) for name, part in sections.items()]
    return f"Signature-Version: 1.0\r\n{head}{whole}\r\n".encode() + b"".join(parts)


FILE = signature_file()
GOOD = pkcs7(ANNA.info(FILE))


def apk(*more: tuple[str, bytes], file: bytes = FILE, **changes: Any) -> bytes:
    """A package signed by Anna; None leaves out a part of the signature."""
    manifest: bytes | None = changes.get("manifest", MANIFEST)
    signature: bytes | None = changes.get("signature", pkcs7(ANNA.info(file)))
    content: Mapping[str, bytes] = changes.get("content", CONTENT)
    names = changes.get("names", ("META-INF/MANIFEST.MF", "META-INF/CERT.SF", "META-INF/CERT.RSA"))
    parts = zip(names, (manifest, file, signature), strict=True)
    entries = [*content.items(), *((name, part) for name, part in parts if part is not None), *more]
    target = io.BytesIO()
    with warnings.catch_warnings(), ZipFile(target, "w", changes.get("compression", ZIP_DEFLATED)) as archive:
        warnings.simplefilter("ignore", UserWarning)  # of doubled names, which some tests want
        for name, part in entries:
            archive.writestr(name, part)
    return target.getvalue()


def resigned(manifest: bytes) -> bytes:
    """A package whose manifest is signed as a whole, whatever stands in it."""
    return apk(manifest=manifest, file=signature_file(manifest, dict.fromkeys(SECTIONS, b"")))


def verdict(package: bytes, min_sdk: int = 1, target_sdk: int = 21) -> SignatureVerdict:
    return verify_signature(io.BytesIO(package), min_sdk=min_sdk, target_sdk=target_sdk)


def refusal(package: bytes, target_sdk: int = 21) -> RefusalReason:
    with pytest.raises(PackageRefused) as refused:
        verdict(package, target_sdk=target_sdk)
    return refused.value.reason


def test_a_signed_package_is_for_all_devices() -> None:
    found = verdict(apk())
    assert found == SignatureVerdict(schemes=(Scheme.V1,), min_api=1, signers=(ANNA.sha256,), lineage=())


def test_a_package_for_android_11_needs_more_than_a_jar_signature() -> None:
    assert verdict(apk(), target_sdk=29).min_api == 1
    assert refusal(apk(), target_sdk=30) == UNSUPPORTED


@pytest.mark.parametrize("left_out", ["manifest", "signature"])
def test_a_package_with_a_part_of_the_signature_missing_is_unsigned(left_out: str) -> None:
    assert refusal(apk(**{left_out: None})) == MISSING


@pytest.mark.parametrize(
    ("names", "signed"),
    [
        (("META-INF/MANIFEST.MF", "META-INF/CERT.SF", "META-INF/CERT.DSA"), True),
        (("META-INF/MANIFEST.MF", "META-INF/A.B.SF", "META-INF/A.B.EC"), True),
        (("META-INF/MANIFEST.MF", "META-INF/OTHER.SF", "META-INF/CERT.RSA"), False),
        (("META-INF/MANIFEST.MF", "META-INF/CERT.SF", "META-INF/CERT.rsa"), False),
        (("META-INF/manifest.mf", "META-INF/CERT.SF", "META-INF/CERT.RSA"), False),
        (("META-INF/MANIFEST.MF", "META-INF/CERT.SF", "META-INF/CERT.SIG"), False),
    ],
)
def test_the_parts_of_a_signature_are_found_by_their_names(names: Sequence[str], *, signed: bool) -> None:
    package = apk(names=names)
    assert verdict(package).min_api == 1 if signed else refusal(package) == MISSING


@pytest.mark.parametrize("name", ["META-INF/notice.txt", "META-INF/services/a", "META-INF/SIG-A", "folder/"])
def test_folders_and_what_lies_beside_the_signature_need_not_be_signed(name: str) -> None:
    assert verdict(apk((name, b"" if name.endswith("/") else b"text"))).min_api == 1


@pytest.mark.parametrize(
    ("package", "reason"),
    [
        (apk(("assets/more.txt", b"text")), INVALID),
        (apk(content=CONTENT | {"classes.dex": b"other code"}), INVALID),
        (apk(content={name: CONTENT[name] for name in ("AndroidManifest.xml", "classes.dex")}), INVALID),
        (apk(("classes.dex", CONTENT["classes.dex"])), INVALID),
        (apk(content={}, manifest=MAIN, file=signature_file(MAIN, {})), INVALID),
        (apk(compression=ZIP_LZMA), MALFORMED),
        (apk(signature=b""), INVALID),
        (apk(signature=b"no signature"), INVALID),
        (apk(signature=pkcs7()), INVALID),
        (apk(signature=pkcs7(ANNA.info(FILE, signs=b"something else"))), INVALID),
        (apk(signature=pkcs7(ANNA.info(FILE), certificates=[])), INVALID),
        (apk(signature=pkcs7(ANNA.info(FILE), certificates=[BEN.certificate])), INVALID),
        (apk(signature=pkcs7(ANNA.info(FILE), certificates=[b"\x30\x02no"])), INVALID),
        (apk(signature=pkcs7(ANNA.info(FILE, serial=8))), INVALID),
        (apk(signature=pkcs7(ANNA.info(FILE, algorithm="1.2.840.10040.4.1"))), INVALID),
        (apk(signature=pkcs7(ANNA.info(FILE, algorithm="1.2.3.4"))), UNSUPPORTED),
        (apk(signature=pkcs7(ANNA.info(FILE, algorithm="1.2.840.113549.1.1.11"))), UNSUPPORTED),
        (apk(signature=seq(oid(DATA), tlv(0xA0))), INVALID),
        (apk(signature=GOOD[:-1]), INVALID),
        (apk(signature=b"\x30\x80" * 1000), INVALID),
        (apk(file=b""), INVALID),
    ],
    ids=[
        "an entry more",
        "an entry changed",
        "an entry less",
        "an entry twice",
        "no entries",
        "packed as Android cannot",
        "empty signature",
        "something else as signature",
        "no signers",
        "signature of something else",
        "no certificate",
        "certificate of somebody else",
        "broken certificate",
        "wrong serial number",
        "algorithm of another kind of key",
        "unknown algorithm",
        "digests that do not agree",
        "not signed data",
        "signature cut off",
        "nested too deeply",
        "empty signature file",
    ],
)
def test_a_signature_that_does_not_hold_is_refused(package: bytes, reason: RefusalReason) -> None:
    assert refusal(package) == reason


@pytest.mark.parametrize(("algorithm", "min_sdk"), [("md5", 1), ("sha1", 1), ("sha256", 18), ("sha512", 18)])
def test_the_algorithm_of_the_signature_tells_how_old_a_device_may_be(algorithm: str, min_sdk: int) -> None:
    assert verdict(apk(signature=pkcs7(ANNA.info(FILE, algorithm)))).min_api == min_sdk


LISTED = "Digest-Algorithms: {}\r\n".format


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (("sha1",), 1),
        (("sha256",), 18),
        (("sha512",), 18),
        (("md5",), INVALID),
        ((LISTED("MD5"), "md5"), INVALID),  # apksigner accepts it, for devices before 18
        ((LISTED("MD5"), "md5", "sha1"), 1),
        ((LISTED("SHA-256 SHA1"), "sha256"), 1),
        ((LISTED("SHA-512"), "sha512"), 9),
        ((LISTED(""), "sha1"), 18),
        ((LISTED("unknown"), "sha1"), 18),
        (("SHA1-Digest: AAAA\r\n", "sha256"), 18),
        (("sha1", "SHA-256-Digest: AAAA\r\n"), INVALID),
        (("sha1", "SHA1-Digest: AAAA\r\n"), 1),
        (("SHA1-Digest: AAAA\r\n", "sha1"), INVALID),
        (("SHA1-Digest: !\r\n",), INVALID),
        ((), INVALID),
    ],
)
def test_which_digest_counts_depends_on_the_api_level(lines: Sequence[str], expected: int | RefusalReason) -> None:
    content = CONTENT["classes.dex"]
    attributes = [digest(line, content) if line in DIGEST_NAMES else line for line in lines]
    package = resigned(MANIFEST.replace(SECTIONS["classes.dex"], section("classes.dex", *attributes)))
    assert (refusal(package) if isinstance(expected, RefusalReason) else verdict(package).min_api) == expected


DEX = SECTIONS["classes.dex"]


@pytest.mark.parametrize(
    "manifest",
    [
        MANIFEST.replace(b"\r\n", b"\n"),
        MANIFEST.replace(b"\r\n", b"\r"),
        MANIFEST.rstrip(b"\r\n"),
        b"\r\n" + MANIFEST,
        MANIFEST.replace(DEX, b"\r\n\r\n" + DEX),
        MANIFEST.replace(b"classes.dex", b"clas\r\n ses.dex"),
        MANIFEST.replace(b"Name: classes.dex", b"name: classes.dex"),
        MANIFEST.replace(b"=\r\n", b"\r\n"),
        MANIFEST.replace(DEX, DEX.replace(b"SHA1-", b"sha1-")),
    ],
    ids=[
        "lines end with LF",
        "lines end with CR",
        "no last line end",
        "empty line first",
        "empty lines between",
        "continued line",
        "lower case",
        "base 64 without its end",
        "lower-case digest",
    ],
)
def test_a_manifest_is_read_as_android_reads_it(manifest: bytes) -> None:
    assert verdict(resigned(manifest)).min_api == 1


@pytest.mark.parametrize(
    "manifest",
    [
        b"",
        MANIFEST.replace(DEX, b""),
        MANIFEST + DEX,
        MANIFEST + b"Name: missing\r\n\r\n",
        MANIFEST + b"Comment: without a name\r\n\r\n",
        MANIFEST.replace(b"Name: classes.dex", b"Name:classes.dex"),
        MANIFEST.replace(b"\r\nName: classes.dex", b"\r\n Name: classes.dex"),
        MANIFEST.replace(b"Name: classes.dex", b"Comment: first\r\nName: classes.dex"),
        MANIFEST.replace(b"classes.dex", b"clas\r\n  ses.dex"),
        MANIFEST.replace(b"classes.dex", b"classes\xff.dex"),
    ],
    ids=[
        "empty",
        "an entry less",
        "an entry twice",
        "an entry that is not there",
        "no name",
        "no space",
        "continued from nothing",
        "name not first",
        "continued by a space too many",
        "name that is no text",
    ],
)
def test_a_manifest_that_is_not_of_this_package_is_refused(manifest: bytes) -> None:
    assert refusal(resigned(manifest)) == INVALID


def test_names_are_compared_as_bytes() -> None:
    content = {"café/naïve.txt": b"text", "classes.dex": b"code"}
    manifest = MAIN + b"".join(section(name, digest("sha1", each)) for name, each in content.items())
    assert verdict(apk(content=content, manifest=manifest, file=signature_file(manifest, content))).min_api == 1


OTHER = b"changed"
HEAD_MAIN = digest("sha1", MAIN).replace("-Digest:", "-Digest-Manifest-Main-Attributes:")
WRONG_MAIN = digest("sha1", OTHER).replace("-Digest:", "-Digest-Manifest-Main-Attributes:")
SIGNTOOL = "Created-By: signtool 1.3\r\n"
UNIX = {name: part.replace(b"\r\n", b"\n") for name, part in SECTIONS.items()}
UNIX_MANIFEST = MAIN.replace(b"\r\n", b"\n") + b"".join(UNIX.values())


@pytest.mark.parametrize(
    ("file", "manifest"),
    [
        (signature_file(None), MANIFEST),
        (signature_file(OTHER), MANIFEST),
        (signature_file(head=HEAD_MAIN), MANIFEST),
        (signature_file(None, head=HEAD_MAIN), MANIFEST),
        (signature_file(MANIFEST, SECTIONS | {"missing": OTHER}), MANIFEST),
        (signature_file(MANIFEST, dict.fromkeys(SECTIONS, OTHER)), MANIFEST),
        (signature_file(None, head=SIGNTOOL + digest("sha1", MANIFEST)), MANIFEST),
        (signature_file(None, head=SIGNTOOL + WRONG_MAIN), MANIFEST),
        (signature_file(None, {name: part[:-1] for name, part in UNIX.items()}, head=SIGNTOOL), UNIX_MANIFEST),
    ],
    ids=[
        "sections",
        "sections, as the whole is wrong",
        "main section and whole",
        "main section and sections",
        "whole, a section more",
        "whole, sections wrong",
        "whole, as signtool writes it",
        "main section, which signtool does not write",
        "sections, as signtool digests them",
    ],
)
def test_a_signature_file_signs_the_manifest_as_a_whole_or_by_section(file: bytes, manifest: bytes) -> None:
    assert verdict(apk(file=file, manifest=manifest)).signers == (ANNA.sha256,)


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        (signature_file(None, SECTIONS | {"classes.dex": OTHER}), INVALID),
        (signature_file(OTHER, SECTIONS | {"classes.dex": OTHER}), INVALID),
        (signature_file(head=WRONG_MAIN), INVALID),
        (signature_file(MANIFEST, {}), INVALID),
        (signature_file(None, {name: SECTIONS[name] for name in ("AndroidManifest.xml", "classes.dex")}), INVALID),
        (signature_file(None, SECTIONS | {"missing": OTHER}), INVALID),
        (signature_file(None).replace(b"SHA1-Digest", b"SHA3-Digest"), INVALID),
        (FILE.replace(b"Signature-Version", b"Signatur-Version"), INVALID),
        (FILE + b"Comment: without a name\r\n\r\n", INVALID),
        (FILE + section("classes.dex"), INVALID),
        (signature_file(head="X-Android-APK-Signed: 2\r\n"), STRIPPED),
        (signature_file(head="X-Android-APK-Signed: 2, 3\r\n"), STRIPPED),
        (signature_file(head="x-android-apk-signed: 9,03\r\n"), STRIPPED),
    ],
    ids=[
        "a section wrong",
        "whole and a section wrong",
        "main section wrong",
        "no sections",
        "a section less",
        "a section more",
        "no known digest",
        "no version",
        "section without a name",
        "section twice",
        "signed with v2",
        "signed with v2 and v3",
        "signed with v3",
    ],
)
def test_a_signature_file_that_does_not_sign_the_manifest_is_refused(file: bytes, reason: RefusalReason) -> None:
    assert refusal(apk(file=file)) == reason


@pytest.mark.parametrize("schemes", ["4", "x", "", ","])
def test_schemes_that_do_not_matter_to_android_are_not_missed(schemes: str) -> None:
    assert verdict(apk(file=signature_file(head=f"X-Android-APK-Signed: {schemes}\r\n"))).min_api == 1


def by_ben(file: bytes, signature: bytes | None = None) -> tuple[tuple[str, bytes], ...]:
    return ("META-INF/BEN.SF", file), ("META-INF/BEN.RSA", signature or pkcs7(BEN.info(file)))


def test_two_signers_are_both_named() -> None:
    assert verdict(apk(*by_ben(FILE))).signers == tuple(sorted((ANNA.sha256, BEN.sha256)))


@pytest.mark.parametrize(
    "file",
    [
        FILE.replace(b"Signature-Version", b"Signatur-Version"),
        FILE + b"Comment: without a name\r\n\r\n",
        signature_file(None, SECTIONS | {"missing": OTHER}),
    ],
    ids=["no version", "section without a name", "section of a missing entry"],
)
def test_a_signer_whose_file_android_passes_over_does_not_count(file: bytes) -> None:
    assert verdict(apk(*by_ben(file))).signers == (ANNA.sha256,)


@pytest.mark.parametrize(
    "second",
    [
        by_ben(signature_file(MANIFEST, {"classes.dex": DEX})),
        by_ben(signature_file(None, SECTIONS | {"classes.dex": OTHER})),
        by_ben(FILE, pkcs7(BEN.info(FILE, signs=OTHER))),
        by_ben(FILE, b"no signature"),
        # Android's limit; apksigner has none.
        tuple(
            entry
            for number in range(10)
            for entry in ((f"META-INF/{number}.SF", FILE), (f"META-INF/{number}.EC", GOOD))
        ),
    ],
    ids=["signs less", "signs something else", "bad signature", "broken signature", "ten more"],
)
def test_one_good_signer_does_not_make_up_for_the_others(second: tuple[tuple[str, bytes], ...]) -> None:
    assert refusal(apk(*second)) == INVALID


def attributes(file: bytes = FILE, content_type: str = DATA) -> list[bytes]:
    value = tlv(0x04, hashlib.sha1(file, usedforsecurity=False).digest())
    return [attribute(CONTENT_TYPE, oid(content_type)), attribute(MESSAGE_DIGEST, value)]


def test_signed_attributes_are_for_android_4_4_and_newer() -> None:
    assert verdict(apk(signature=pkcs7(ANNA.info(FILE, attributes=attributes())))).min_api == 19


@pytest.mark.parametrize(
    "changed",
    [
        attributes(OTHER),
        attributes(content_type="1.2.3"),
        attributes()[:1],
        attributes()[1:],
        attributes() * 2,
        [attribute(CONTENT_TYPE, oid(DATA), oid(DATA)), attributes()[1]],
        [attributes()[0], attribute(MESSAGE_DIGEST, oid(DATA))],
        [],
    ],
    ids=["digest", "type", "no digest", "no type", "twice", "two values", "value of another kind", "none"],
)
def test_signed_attributes_that_are_not_about_the_file_are_refused(changed: list[bytes]) -> None:
    assert refusal(apk(signature=pkcs7(ANNA.info(FILE, attributes=changed)))) == INVALID


BAD = ANNA.info(FILE, signs=OTHER)


@pytest.mark.parametrize(
    ("infos", "min_sdk", "signer"),
    [
        ((ANNA.info(FILE), BAD), 1, ANNA),
        ((BAD, ANNA.info(FILE)), 24, ANNA),
        ((ANNA.info(FILE), BEN.info(FILE)), 1, ANNA),
        ((BEN.info(FILE), ANNA.info(FILE)), 1, BEN),
    ],
    ids=["good, bad", "bad, good", "two", "two, the other way round"],
)
def test_before_android_7_only_the_first_signature_counts(infos: Sequence[bytes], min_sdk: int, signer: Signer) -> None:
    found = verdict(apk(signature=pkcs7(*infos)))
    assert (found.min_api, found.signers) == (min_sdk, (signer.sha256,))


def test_a_signature_in_an_encoding_without_lengths_is_read() -> None:
    content = indefinite(
        0x30,
        integer(1),
        indefinite(0x31),
        indefinite(0x30, oid(DATA)),
        indefinite(0xA0, ANNA.certificate),
        indefinite(0x31, ANNA.info(FILE)),
    )
    signature = indefinite(0x30, oid(SIGNED_DATA), indefinite(0xA0, content))
    assert verdict(apk(signature=signature)).min_api == 1


@pytest.mark.parametrize(("text", "same"), [(" ANNA ", True), ("Anne", False)])
def test_the_issuer_is_compared_as_a_name(text: str, *, same: bool) -> None:
    issuer = seq(tlv(0x31, seq(oid("2.5.4.3"), tlv(0x13, text.encode()))))
    package = apk(signature=pkcs7(ANNA.info(FILE, issuer=issuer)))
    assert verdict(package).min_api == 1 if same else refusal(package) == INVALID


def key_usage(**bits: bool) -> x509.KeyUsage:
    names = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement")
    more = ("key_cert_sign", "crl_sign", "encipher_only", "decipher_only")
    return x509.KeyUsage(**(dict.fromkeys(names + more, False) | bits))


UNKNOWN = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\5\0")


@pytest.mark.parametrize(
    ("signer", "may_sign"),
    [
        (Signer("A", key_usage(digital_signature=True)), True),
        (Signer("B", key_usage(content_commitment=True)), True),
        (Signer("C", key_usage(key_cert_sign=True)), False),
        (Signer("D", key_usage(key_cert_sign=True), critical=False), False),
        (Signer("E", x509.BasicConstraints(ca=True, path_length=None)), True),
        (Signer("F", UNKNOWN, critical=False), True),
        (Signer("G", UNKNOWN), False),
    ],
    ids=["signatures", "non-repudiation", "certificates", "certificates, not critical", "CA", "unknown", "critical"],
)
def test_a_certificate_says_whether_it_may_sign(signer: Signer, *, may_sign: bool) -> None:
    package = apk(signature=pkcs7(signer.info(FILE), certificates=[signer.certificate]))
    assert verdict(package).min_api == 1 if may_sign else refusal(package) == INVALID


def test_the_validity_of_a_certificate_does_not_matter() -> None:
    """Android does not look at it: an app would stop to work with time."""
    expired = ANNA.certificate.replace(b"200101000000Z", b"000101000000Z").replace(
        b"21200101000000Z", b"20010101000000Z"
    )
    assert expired != ANNA.certificate
    assert verdict(apk(signature=pkcs7(ANNA.info(FILE), certificates=[expired]))).min_api == 1


def changed_header(offset: int, value: int) -> bytes:
    """A package with another byte in the directory's record of classes.dex."""
    package = bytearray(apk(compression=ZIP_STORED))
    package[package.rindex(b"classes.dex") - 46 + offset] ^= value
    return bytes(package)


@pytest.mark.parametrize("offset", [8, 16, 20, 24], ids=["flags", "checksum", "packed size", "size"])
def test_an_entry_whose_two_headers_disagree_is_refused(offset: int) -> None:
    assert refusal(changed_header(offset, 8)) == MALFORMED


def test_a_directory_with_another_number_of_entries_than_it_says_is_refused() -> None:
    package = bytearray(apk())
    package[-12] += 1
    assert refusal(bytes(package)) == MALFORMED


def test_a_package_with_two_ends_is_refused() -> None:
    """Python takes the last end, Android and apksigner the one that fits: who is right about what is signed?"""
    package = apk()
    directory = package[package.index(b"PK\1\2") :]
    comment = directory + b"!"
    assert refusal(package[:-2] + len(comment).to_bytes(2, "little") + comment) == MALFORMED


def test_who_changes_a_package_cannot_keep_its_signer() -> None:
    package = apk(compression=ZIP_STORED)
    chance = random.Random(7)  # noqa: S311  # reproducible on purpose
    for _ in range(300):
        target = bytearray(package)
        target[chance.randrange(len(target))] ^= 1 << chance.randrange(8)
        try:
            found = verdict(bytes(target))
        except PackageRefused:
            continue
        with ZipFile(io.BytesIO(target)) as archive:
            content = {name: archive.read(name) for name in archive.namelist() if not name.startswith("META-INF/")}
        assert content == CONTENT
        # A certificate is not signed: with another one the same key is another signer.
        assert found.signers == (ANNA.sha256,) or ANNA.certificate not in target
