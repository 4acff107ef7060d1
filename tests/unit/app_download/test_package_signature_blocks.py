"""Schemes v2, v3 and v3.1, on packages signed here: what apksigner would never write is what matters."""

import hashlib
import io
import struct
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any
from zipfile import ZipFile, ZipInfo

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from appshare.app_download.package_reading.refusal import PackageRefused, RefusalReason
from appshare.app_download.package_signature.lineage import Capability
from appshare.app_download.package_signature.signed import Scheme
from appshare.app_download.package_signature.verdict import SignatureVerdict, verify_signature

V2, V3, V31, PADDING = 0x7109871A, 0xF05368C0, 0x1B93AD61, 0x42726577
EC256, EC512, EC_VERITY, UNKNOWN = 0x0201, 0x0202, 0x0423, 0x0999
STRIPPING_PROTECTION, PROOF_OF_ROTATION, ROTATION_MIN_SDK = 0xBEEFF00D, 0x3BA06F8C, 0x559F8B02
NEWEST = 0x7FFFFFFF
FROM_28 = (28, NEWEST)
PAGE, MIB = 4096, 1 << 20


class Key:
    """A key and a certificate for it."""

    def __init__(self, name: str) -> None:
        self.private = ec.generate_private_key(ec.SECP256R1())
        self.public = self.private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        builder = x509.CertificateBuilder().subject_name(subject).issuer_name(subject).serial_number(1)
        builder = builder.not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        builder = builder.not_valid_after(datetime(2120, 1, 1, tzinfo=UTC)).public_key(self.private.public_key())
        self.certificate = builder.sign(self.private, hashes.SHA256()).public_bytes(Encoding.DER)
        self.sha256 = hashlib.sha256(self.certificate).hexdigest()

    def sign(self, algorithm: int, message: bytes) -> bytes:
        return self.private.sign(message, ec.ECDSA(hashes.SHA512() if algorithm == EC512 else hashes.SHA256()))


ANNA, BEN, CLEO = Key("Anna"), Key("Ben"), Key("Cleo")


def number(value: int) -> bytes:
    return struct.pack("<I", value)


def prefixed(value: bytes) -> bytes:
    return number(len(value)) + value


def sequence(*elements: bytes) -> bytes:
    return prefixed(b"".join(map(prefixed, elements)))


@cache
def unsigned(content: bytes = b"code" * 1000) -> bytes:
    """A ZIP file whose central directory starts at a page, where a signing block can go."""
    with ZipFile(file := io.BytesIO(), "w") as archive:
        archive.writestr(ZipInfo("classes.dex"), content)
        padding = -(file.tell() + len("padding") + 30) % PAGE
        archive.writestr(ZipInfo("padding"), bytes(padding))
    return file.getvalue()


def parts(package: bytes) -> tuple[bytes, bytes, bytes]:
    """The entries, the central directory and the end record."""
    end = len(package) - 22
    (directory,) = struct.unpack_from("<I", package, end + 16)
    return package[:directory], package[directory:end], package[end:]


@cache
def content_digest(package: bytes, algorithm: int) -> bytes:
    if algorithm == EC_VERITY:
        return verity(package)
    name = "sha512" if algorithm == EC512 else "sha256"
    chunks = [part[at : at + MIB] for part in parts(package) for at in range(0, len(part), MIB)]
    digests = [hashlib.new(name, b"\xa5" + number(len(chunk)) + chunk).digest() for chunk in chunks]
    return hashlib.new(name, b"\x5a" + number(len(digests)) + b"".join(digests)).digest()


def verity(package: bytes) -> bytes:
    level = package
    while len(level) > PAGE or level is package:
        pages = [level[at : at + PAGE].ljust(PAGE, b"\0") for at in range(0, len(level), PAGE)]
        level = b"".join(hashlib.sha256(bytes(8) + page).digest() for page in pages)
    return hashlib.sha256(bytes(8) + level.ljust(PAGE, b"\0")).digest() + struct.pack("<Q", len(package))


def signer(package: bytes, key: Key = ANNA, *, sdks: tuple[int, int] | None = None, **changes: Any) -> bytes:
    """One signer of a block; what is changed is signed as it is, unless it is no part of what is signed."""
    algorithms: Sequence[int] = changes.get("algorithms", (EC256,))
    range_ = b"".join(map(number, sdks)) if sdks else b""
    digests = [number(each) + prefixed(content_digest(package, each)) for each in algorithms]
    attributes = [number(id_) + value for id_, value in changes.get("attributes", ())]
    signed_data = sequence(*changes.get("digests", digests))
    signed_data += sequence(*changes.get("certificates", [key.certificate])) + range_
    signed_data += sequence(*attributes) + changes.get("behind", b"")
    signatures = [number(each) + prefixed(key.sign(each, signed_data)) for each in algorithms]
    signatures = changes.get("signatures", signatures)
    outer_range = changes.get("outer_range", range_)
    return prefixed(signed_data) + outer_range + sequence(*signatures) + prefixed(changes.get("public_key", key.public))


def rotation(*keys: Key, **changes: Any) -> tuple[int, bytes]:
    """The attribute that proves how the signer changed, from the oldest to the newest."""
    nodes = []
    for index, key in enumerate(keys):
        signed_data = prefixed(key.certificate) + number(changes.get("announced", EC256) if index else 0)
        signature = keys[index - 1].sign(EC256, signed_data) if index else b""
        signature = changes.get("signature", signature) if index else b""
        capabilities = number(changes.get("capabilities", 23))
        nodes.append(prefixed(signed_data) + capabilities + number(EC256) + prefixed(signature))
    return PROOF_OF_ROTATION, number(changes.get("version", 1)) + b"".join(map(prefixed, nodes))


def pair(id_: int, value: bytes) -> bytes:
    return struct.pack("<QI", 4 + len(value), id_) + value


def with_pairs(package: bytes, pairs: bytes, *, fill: bool = True) -> bytes:
    """The package with a signing block of these pairs, filled up to whole pages."""
    entries, directory, end = parts(package)
    if fill:
        pairs += pair(PADDING, bytes(-(len(pairs) + 12 + 32) % PAGE))
    size = struct.pack("<Q", len(pairs) + 24)
    block = size + pairs + size + b"APK Sig Block 42"
    return entries + block + directory + end[:16] + number(len(entries) + len(block)) + end[20:]


def signed(package: bytes, **signers: Sequence[bytes]) -> bytes:
    """The package, signed with the schemes that the arguments name."""
    ids = {"v2": V2, "v3": V3, "v31": V31}
    return with_pairs(package, b"".join(pair(ids[scheme], sequence(*each)) for scheme, each in signers.items()))


def verdict(package: bytes, min_sdk: int = 21) -> SignatureVerdict:
    return verify_signature(io.BytesIO(package), min_sdk=min_sdk, target_sdk=34)


def refusal(package: bytes) -> RefusalReason:
    with pytest.raises(PackageRefused) as refused:
        verdict(package)
    return refused.value.reason


PACKAGE = unsigned()
GOOD_V2 = signer(PACKAGE)
GOOD_V3 = signer(PACKAGE, sdks=FROM_28)


@pytest.mark.parametrize("name", ["Android Debug", "android  debug"])
def test_a_debug_certificate_is_known_by_its_name(name: str) -> None:
    key = Key(name)
    assert verdict(signed(PACKAGE, v2=[signer(PACKAGE, key)])).by_debug_certificate
    assert verdict(signed(PACKAGE, v3=[signer(PACKAGE, key, sdks=FROM_28)])).by_debug_certificate
    assert verdict(signed(PACKAGE, v2=[GOOD_V2, signer(PACKAGE, key)])).by_debug_certificate


def test_who_has_given_a_debug_certificate_up_is_not_known_by_it() -> None:
    debug = Key("Android Debug")
    rotated = signer(PACKAGE, sdks=FROM_28, attributes=[rotation(debug, ANNA)])
    assert not verdict(signed(PACKAGE, v3=[rotated])).by_debug_certificate
    assert not verdict(signed(PACKAGE, v2=[signer(PACKAGE, Key("Android Debugger"))])).by_debug_certificate


def test_a_package_signed_with_v2_is_for_android_7_and_newer() -> None:
    found = verdict(signed(PACKAGE, v2=[GOOD_V2]))
    assert found == SignatureVerdict(schemes=(Scheme.V2,), min_api=24, signers=(ANNA.sha256,), lineage=())


def test_a_package_signed_with_v3_is_for_android_9_and_newer() -> None:
    found = verdict(signed(PACKAGE, v3=[GOOD_V3]))
    assert found == SignatureVerdict(schemes=(Scheme.V3,), min_api=28, signers=(ANNA.sha256,), lineage=())


def test_a_package_signed_with_both_is_for_android_7_and_newer() -> None:
    found = verdict(signed(PACKAGE, v2=[GOOD_V2], v3=[GOOD_V3]))
    assert (found.schemes, found.min_api) == ((Scheme.V2, Scheme.V3), 24)


def test_a_package_that_asks_for_a_newer_android_than_its_signature_stays_with_that() -> None:
    assert verdict(signed(PACKAGE, v2=[GOOD_V2]), min_sdk=31).min_api == 31


def test_several_signers_are_all_named() -> None:
    found = verdict(signed(PACKAGE, v2=[GOOD_V2, signer(PACKAGE, BEN)]))
    assert found.signers == tuple(sorted((ANNA.sha256, BEN.sha256)))


@pytest.mark.parametrize("size", [0, 1, MIB - 1, MIB, MIB + 1, 2 * MIB + 5])
@pytest.mark.parametrize("algorithm", [EC256, EC512, EC_VERITY])
def test_content_of_any_size_is_digested_as_the_schemes_say(size: int, algorithm: int) -> None:
    package = unsigned(bytes(size))
    assert verdict(signed(package, v3=[signer(package, sdks=FROM_28, algorithms=(algorithm,))])).min_api == 28


@pytest.mark.parametrize(
    "changes",
    [
        {"algorithms": (EC256, UNKNOWN)},
        {"algorithms": (UNKNOWN, EC256)},
        {"algorithms": (EC512, EC256)},
        {"attributes": [(0x1234, b"unknown")]},
        {"certificates": [ANNA.certificate, BEN.certificate]},
        {"behind": b"more"},
    ],
    ids=["unknown algorithm too", "unknown algorithm first", "two algorithms", "attribute", "chain", "more data"],
)
def test_what_android_does_not_know_does_no_harm(changes: dict[str, Any]) -> None:
    assert verdict(signed(PACKAGE, v2=[signer(PACKAGE, **changes)])).min_api == 24


WRONG_DIGEST = number(EC256) + prefixed(bytes(32))
WRONG_SIGNATURE = number(EC256) + prefixed(ANNA.sign(EC256, b"something else"))


@pytest.mark.parametrize("sdks", [None, FROM_28], ids=["v2", "v3"])
@pytest.mark.parametrize(
    "changes",
    [
        {"digests": [WRONG_DIGEST]},
        {"signatures": [WRONG_SIGNATURE]},
        {"signatures": [], "digests": []},
        {"digests": []},
        {"algorithms": (EC256, EC512), "digests": [number(EC256) + prefixed(content_digest(PACKAGE, EC256))]},
        {"algorithms": (UNKNOWN,), "digests": [number(UNKNOWN) + prefixed(b"?")]},
        {"certificates": []},
        {"certificates": [BEN.certificate]},
        {"certificates": [b"no certificate"]},
        {"public_key": BEN.public},
        {"public_key": b"no key"},
    ],
    ids=[
        "wrong digest",
        "wrong signature",
        "no signature",
        "no digest",
        "fewer digests than signatures",
        "unknown algorithm alone",
        "no certificate",
        "certificate of somebody else",
        "broken certificate",
        "key of somebody else",
        "broken key",
    ],
)
def test_a_signer_who_did_not_sign_is_refused(changes: dict[str, Any], sdks: tuple[int, int] | None) -> None:
    block = {"v3" if sdks else "v2": [signer(PACKAGE, sdks=sdks, **changes)]}
    assert refusal(signed(PACKAGE, **block)) in (RefusalReason.SIGNATURE_INVALID, RefusalReason.SIGNATURE_UNSUPPORTED)


@pytest.mark.parametrize("count", [0, 11])
def test_android_takes_one_to_ten_signers(count: int) -> None:
    assert refusal(signed(PACKAGE, v2=[GOOD_V2] * count)) == RefusalReason.SIGNATURE_INVALID


def test_one_good_signer_does_not_make_up_for_a_bad_one() -> None:
    bad = signer(PACKAGE, BEN, signatures=[WRONG_SIGNATURE])
    assert refusal(signed(PACKAGE, v2=[GOOD_V2, bad])) == RefusalReason.SIGNATURE_INVALID


def test_of_two_algorithms_the_better_one_decides() -> None:
    digests = [WRONG_DIGEST, number(EC512) + prefixed(content_digest(PACKAGE, EC512))]
    changes: dict[str, Any] = {"algorithms": (EC256, EC512), "digests": digests}
    assert verdict(signed(PACKAGE, v2=[signer(PACKAGE, **changes)])).min_api == 24


def test_a_hash_tree_alone_is_for_android_9_and_newer() -> None:
    assert verdict(signed(PACKAGE, v2=[signer(PACKAGE, algorithms=(EC_VERITY,))])).min_api == 28


def test_a_hash_tree_asks_for_a_signing_block_of_whole_pages() -> None:
    block = pair(V2, sequence(signer(PACKAGE, algorithms=(EC_VERITY,))))
    assert refusal(with_pairs(PACKAGE, block, fill=False)) == RefusalReason.SIGNATURE_INVALID


def test_a_v3_signature_that_was_taken_away_is_missed() -> None:
    v2 = signer(PACKAGE, attributes=[(STRIPPING_PROTECTION, number(3))])
    assert verdict(signed(PACKAGE, v2=[v2], v3=[GOOD_V3])).min_api == 24
    assert refusal(signed(PACKAGE, v2=[v2])) == RefusalReason.SIGNATURE_STRIPPED


def test_android_9_does_not_fall_back_to_v2() -> None:
    bad = signer(PACKAGE, sdks=FROM_28, signatures=[WRONG_SIGNATURE])
    assert refusal(signed(PACKAGE, v2=[GOOD_V2], v3=[bad])) == RefusalReason.SIGNATURE_INVALID


def test_devices_that_see_a_bad_signature_are_left_out() -> None:
    bad = signer(PACKAGE, signatures=[WRONG_SIGNATURE])
    found = verdict(signed(PACKAGE, v2=[bad], v3=[GOOD_V3]))
    assert (found.schemes, found.min_api) == ((Scheme.V3,), 28)


def test_devices_that_see_another_signer_are_left_out() -> None:
    found = verdict(signed(PACKAGE, v2=[signer(PACKAGE, BEN)], v3=[GOOD_V3]))
    assert (found.schemes, found.min_api, found.signers) == ((Scheme.V3,), 28, (ANNA.sha256,))


def test_v3_has_one_signer_so_several_in_v2_are_others() -> None:
    assert verdict(signed(PACKAGE, v2=[GOOD_V2, signer(PACKAGE, BEN)], v3=[GOOD_V3])).min_api == 28


ANNA_THEN_BEN = signer(PACKAGE, BEN, sdks=FROM_28, attributes=[rotation(ANNA, BEN)])


def test_a_signer_who_changed_is_known_by_all_certificates() -> None:
    found = verdict(signed(PACKAGE, v3=[ANNA_THEN_BEN]))
    assert found.signers == (BEN.sha256,)
    assert [certificate.sha256 for certificate in found.lineage] == [ANNA.sha256, BEN.sha256]


def test_a_former_certificate_is_trusted_with_what_the_proof_says() -> None:
    attribute = rotation(ANNA, BEN, capabilities=Capability.INSTALLED_DATA | Capability.AUTHENTICATOR)
    found = verdict(signed(PACKAGE, v3=[signer(PACKAGE, BEN, sdks=FROM_28, attributes=[attribute])]))
    assert found.lineage[0].capabilities == Capability.INSTALLED_DATA | Capability.AUTHENTICATOR


@pytest.mark.parametrize(("older", "min_sdk"), [(ANNA, 24), (BEN, 28), (CLEO, 28)], ids=["first", "current", "other"])
def test_older_devices_have_to_see_the_first_signer(older: Key, min_sdk: int) -> None:
    assert verdict(signed(PACKAGE, v2=[signer(PACKAGE, older)], v3=[ANNA_THEN_BEN])).min_api == min_sdk


@pytest.mark.parametrize(
    "attribute",
    [
        rotation(ANNA, CLEO),
        rotation(BEN, ANNA),
        rotation(BEN, ANNA, BEN),
        rotation(),
        rotation(ANNA, BEN, version=2),
        rotation(ANNA, BEN, announced=EC512),
        rotation(ANNA, BEN, signature=b"no signature"),
        rotation(ANNA, BEN, signature=CLEO.sign(EC256, b"something else")),
        (PROOF_OF_ROTATION, rotation(ANNA, BEN)[1][:-1]),
        (PROOF_OF_ROTATION, b"\1"),
    ],
    ids=[
        "ends at another",
        "ends at the first",
        "comes back",
        "empty",
        "version",
        "another algorithm",
        "broken signature",
        "wrong signature",
        "cut off",
        "too short",
    ],
)
def test_a_change_of_signer_that_is_not_proven_is_refused(attribute: tuple[int, bytes]) -> None:
    package = signed(PACKAGE, v3=[signer(PACKAGE, BEN, sdks=FROM_28, attributes=[attribute])])
    assert refusal(package) == RefusalReason.SIGNATURE_INVALID


def test_each_range_of_api_levels_can_have_its_signer() -> None:
    newer = signer(PACKAGE, BEN, sdks=(31, NEWEST), attributes=[rotation(ANNA, BEN)])
    found = verdict(signed(PACKAGE, v3=[newer, signer(PACKAGE, ANNA, sdks=(28, 30))]))
    assert (found.signers, found.min_api) == ((BEN.sha256,), 28)


def test_a_signer_who_changes_without_a_proof_leaves_out_the_devices_before() -> None:
    newer = signer(PACKAGE, BEN, sdks=(31, NEWEST))
    found = verdict(signed(PACKAGE, v3=[newer, signer(PACKAGE, ANNA, sdks=(28, 30))]))
    assert (found.signers, found.min_api) == ((BEN.sha256,), 31)


def test_api_levels_that_no_signer_is_for_are_left_out() -> None:
    late = signer(PACKAGE, sdks=(30, NEWEST))
    assert verdict(signed(PACKAGE, v2=[GOOD_V2], v3=[late])).min_api == 30


@pytest.mark.parametrize(
    "ranges",
    [
        [(28, 40)],
        [(28, 29), (31, NEWEST)],
        [(28, 31), (31, NEWEST)],
        [(28, NEWEST), (28, NEWEST)],
        [(NEWEST, 28)],
        [(28, NEWEST + 1)],
    ],
    ids=["ends", "hole", "overlap", "twice the same", "backwards", "beyond 31 bits"],
)
def test_ranges_that_leave_it_open_who_signed_are_refused(ranges: list[tuple[int, int]]) -> None:
    package = signed(PACKAGE, v3=[signer(PACKAGE, sdks=sdks) for sdks in ranges])
    assert refusal(package) == RefusalReason.SIGNATURE_INVALID


def test_a_signer_is_for_the_api_levels_that_are_signed() -> None:
    package = signed(PACKAGE, v3=[signer(PACKAGE, sdks=FROM_28, outer_range=number(24) + number(NEWEST))])
    assert refusal(package) == RefusalReason.SIGNATURE_INVALID


def test_proofs_of_rotation_must_not_contradict_each_other() -> None:
    older = signer(PACKAGE, BEN, sdks=(28, 30), attributes=[rotation(CLEO, BEN)])
    newer = signer(PACKAGE, BEN, sdks=(31, NEWEST), attributes=[rotation(ANNA, BEN)])
    assert refusal(signed(PACKAGE, v3=[older, newer])) == RefusalReason.SIGNATURE_INVALID


ROTATED_FROM_33 = signer(PACKAGE, BEN, sdks=(33, NEWEST), attributes=[rotation(ANNA, BEN)])
UNTIL_32 = signer(PACKAGE, sdks=(28, 32), attributes=[(ROTATION_MIN_SDK, number(33))])


def test_android_13_and_newer_see_the_signer_of_v31() -> None:
    found = verdict(signed(PACKAGE, v2=[GOOD_V2], v3=[UNTIL_32], v31=[ROTATED_FROM_33]))
    assert found.schemes == (Scheme.V2, Scheme.V3, Scheme.V31)
    assert (found.signers, found.min_api) == ((BEN.sha256,), 24)


def test_before_its_api_level_v31_is_passed_over() -> None:
    late = signer(PACKAGE, BEN, sdks=(35, NEWEST), attributes=[rotation(ANNA, BEN)])
    found = verdict(signed(PACKAGE, v3=[signer(PACKAGE, sdks=(28, 34))], v31=[late]))
    assert (found.signers, found.min_api) == ((BEN.sha256,), 28)


def test_a_v31_signature_that_was_taken_away_is_missed() -> None:
    v3 = signer(PACKAGE, sdks=FROM_28, attributes=[(ROTATION_MIN_SDK, number(33))])
    assert refusal(signed(PACKAGE, v3=[v3])) == RefusalReason.SIGNATURE_STRIPPED


def test_a_bad_v31_signature_is_refused() -> None:
    bad = signer(PACKAGE, BEN, sdks=(33, NEWEST), signatures=[WRONG_SIGNATURE])
    assert refusal(signed(PACKAGE, v3=[GOOD_V3], v31=[bad])) == RefusalReason.SIGNATURE_INVALID


GOOD_PAIR = pair(V2, sequence(GOOD_V2))
HUGE_PAIR = struct.pack("<QI", 1 << 63, V2)


def test_of_two_values_for_a_scheme_the_first_counts() -> None:
    assert verdict(with_pairs(PACKAGE, GOOD_PAIR + pair(V2, b"?"))).min_api == 24
    assert refusal(with_pairs(PACKAGE, pair(V2, b"?") + GOOD_PAIR)) == RefusalReason.SIGNATURE_INVALID


@pytest.mark.parametrize("damage", [HUGE_PAIR, struct.pack("<QI", 3, V2), b"\1\2\3"], ids=["huge", "small", "cut"])
def test_a_damaged_pair_hides_only_what_comes_behind_it(damage: bytes) -> None:
    assert verdict(with_pairs(PACKAGE, GOOD_PAIR + damage, fill=False)).min_api == 24
    if len(damage) > 8:
        assert refusal(with_pairs(PACKAGE, damage + GOOD_PAIR)) == RefusalReason.SIGNATURE_MISSING


def test_of_two_signing_blocks_the_one_before_the_directory_counts() -> None:
    once = signed(PACKAGE, v2=[signer(PACKAGE, BEN)])
    assert verdict(signed(once, v2=[signer(once)])).signers == (ANNA.sha256,)


def test_a_signing_block_of_another_package_does_not_hold() -> None:
    other = unsigned(b"other code")
    assert refusal(signed(other, v2=[GOOD_V2])) == RefusalReason.SIGNATURE_INVALID


@pytest.mark.parametrize("size", [0, 23, 24, 1 << 31, 1 << 63, (1 << 64) - 1])
@pytest.mark.parametrize("at_the_end", [False, True])
def test_a_signing_block_of_a_wrong_size_is_none(size: int, *, at_the_end: bool) -> None:
    package = bytearray(signed(PACKAGE, v2=[GOOD_V2]))
    entries, directory = len(parts(PACKAGE)[0]), len(parts(bytes(package))[0])
    struct.pack_into("<Q", package, directory - 24 if at_the_end else entries, size)
    assert refusal(bytes(package)) == RefusalReason.SIGNATURE_MISSING


@pytest.mark.parametrize("count", [0, 1, 0x7FFFFFFF, 0xFFFFFFFF])
@pytest.mark.parametrize("depth", range(4))
def test_a_length_that_is_wrong_at_any_depth_is_refused(depth: int, count: int) -> None:
    """The lengths of all signers, of the first one, of what it signed, and of the digests in that."""
    block = bytearray(sequence(GOOD_V2))
    struct.pack_into("<I", block, 4 * depth, count)
    package = with_pairs(PACKAGE, pair(V2, bytes(block)))
    assert refusal(package) == RefusalReason.SIGNATURE_INVALID


def test_a_signer_that_is_cut_off_is_refused_wherever_that_is() -> None:
    for length in range(0, len(GOOD_V2), 7):  # an ECDSA signature has not always the same length
        assert refusal(signed(PACKAGE, v2=[GOOD_V2[:length]])) == RefusalReason.SIGNATURE_INVALID, length


def test_a_signing_block_that_is_too_large_is_refused() -> None:
    package = with_pairs(PACKAGE, GOOD_PAIR + pair(PADDING, bytes(33 * MIB)))
    assert refusal(package) == RefusalReason.TOO_LARGE
