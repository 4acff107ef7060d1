"""Whose signature we accept, and from which Android on, is what apksigner accepts."""

import json
from pathlib import Path
from typing import Any

import pytest
from benchmarks.reference.apksigner import APKSIGNER, AT_28, DIFFERENCES, accepted_from, levels

from appshare.app_download.package_reader import PackageRefused, ReadingLimits, RefusalReason, read_package
from appshare.app_download.package_signature.lineage import Capability
from appshare.app_download.package_signature.verdict import verify_signature

PROJECT = Path(__file__).parents[2]
SAMPLES = PROJECT / "tests" / "packages"
OTHERS = PROJECT.parent / "shared" / "data" / "apks"
LIMITS = ReadingLimits()

NOT_HERE = pytest.param({}, marks=pytest.mark.skip("the packages of others are not here: ../shared/data/apks"))


def packages_of_others(*, verified: bool = False) -> list[Any]:
    if not OTHERS.is_dir():
        return [NOT_HERE]
    packages = json.loads((OTHERS / "manifest.json").read_text())["packages"]
    return [pytest.param(each, id=each["file"]) for each in packages if each[APKSIGNER][AT_28] or not verified]


def samples() -> list[Any]:
    truth = json.loads((SAMPLES / "packages.json").read_text())
    return [pytest.param(name, facts, id=name) for name, facts in truth.items()]


@pytest.mark.parametrize("package", packages_of_others())
def test_a_package_is_accepted_where_apksigner_accepts_it(package: dict[str, Any]) -> None:
    asked = levels(package)
    opposite = {question for files in DIFFERENCES.values() for question in files.get(package["file"], ())}
    expected = {question: package[APKSIGNER][question] != (question in opposite) for question in asked}
    assert {
        question: accepted_from(OTHERS, package, level) is not None for question, level in asked.items()
    } == expected


@pytest.mark.parametrize("package", packages_of_others(verified=True))
def test_the_signer_and_the_scheme_are_those_that_apksigner_names(package: dict[str, Any]) -> None:
    truth = package[APKSIGNER]
    verdict = accepted_from(OTHERS, package, 28)
    assert verdict is not None
    assert ([*verdict.schemes], [*verdict.signers]) == (truth["schemes_min28"], sorted(truth["cert_sha256"]))


@pytest.mark.parametrize(("name", "truth"), samples())
async def test_a_sample_package_is_signed_as_its_recipe_says(name: str, truth: dict[str, Any]) -> None:
    manifest = await read_package(SAMPLES / name, LIMITS)
    assert (manifest.signer_sha256, manifest.signature_min_sdk) == (truth["signer_sha256"], truth["min_sdk"])
    assert manifest.signer_lineage == ()


@pytest.mark.parametrize(("name", "truth"), samples())
def test_a_sample_package_has_the_signatures_that_apksigner_verifies(name: str, truth: dict[str, Any]) -> None:
    with (SAMPLES / name).open("rb") as file:
        verdict = verify_signature(file, min_sdk=truth["min_sdk"], target_sdk=truth["target_sdk"])
    assert [*verdict.schemes] == truth["signature_schemes"]


def other(name: str) -> Path:
    path = OTHERS / name
    if not path.is_file():
        pytest.skip("the packages of others are not here: ../shared/data/apks")
    return path


@pytest.mark.parametrize(
    ("name", "is_debug"),
    [
        ("androguard_androguard/TC-debug.apk", True),  # Android's tools made the certificate
        ("apksig/debuggable-boolean.apk", True),  # signed with the key that is in Android's sources
        ("androguard_androguard/TestActivity_signed_both.apk", False),
    ],
)
async def test_a_key_that_is_no_secret_is_told(name: str, *, is_debug: bool) -> None:
    manifest = await read_package(other(name), LIMITS)
    assert manifest.debug_certificate is is_debug


FIRST, SECOND = (
    "fb5dbd3c669af9fc236c6991e6387b7f11ff0590997f22d0f5c74ff40e04fca8",
    "681b0e56a796350c08647352a4db800cc44b2adc8f4c72fa350bd05d4d50264d",
)


async def test_a_proof_of_rotation_tells_who_signed_before() -> None:
    manifest = await read_package(other("apksig/golden-aligned-v1v2v3-lineage-out.apk"), LIMITS)
    assert (manifest.signer_sha256, manifest.signer_lineage) == (SECOND, (FIRST, SECOND))


def test_a_proof_of_rotation_tells_what_the_former_signer_is_still_trusted_with() -> None:
    with other("apksig/golden-aligned-v1v2v3-lineage-out.apk").open("rb") as file:
        verdict = verify_signature(file, min_sdk=23, target_sdk=23)
    assert verdict.lineage[0].capabilities == ~Capability.ROLLBACK


async def test_newer_devices_see_the_signer_of_scheme_v31() -> None:
    manifest = await read_package(other("apksig/v31-ec-p256-2-tgt-33-1-tgt-28-targetSdk-30.apk"), LIMITS)
    older, current = manifest.signer_lineage
    assert older == "6a8b96e278e58f62cfe3584022cec1d0527fcb85a9e5d2e1694eb0405be5b599"
    assert (manifest.signer_sha256, manifest.signature_min_sdk) == (current, 29)


@pytest.mark.parametrize(
    ("name", "min_sdk"),
    [
        ("apksig/v2-only-with-rsa-pkcs1-sha256-3072.apk", 24),
        ("apksig/v3-only-with-ecdsa-sha256-p256.apk", 28),
        ("apksig/golden-aligned-v2v3-out.apk", 24),
        ("apksig/golden-rsa-minSdkVersion-18-out.apk", 23),
        ("apksig/v1-sha1-sha256-manifest-and-sf-with-sha1-wrong-in-manifest.apk", 18),
        ("apksig/v1-only-with-signed-attrs-signerInfo1-wrong-digest-signerInfo2-good.apk", 24),
    ],
)
async def test_the_signature_tells_how_old_a_device_may_be(name: str, min_sdk: int) -> None:
    assert (await read_package(other(name), LIMITS)).signature_min_sdk == min_sdk


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("f-droid_fdroidserver/urzip-release-unsigned.apk", RefusalReason.SIGNATURE_MISSING),
        ("f-droid_fdroidserver/no_targetsdk_minsdk30_unsigned.apk", RefusalReason.SIGNATURE_MISSING),
        ("f-droid_fdroidserver/urzip-badsig.apk", RefusalReason.SIGNATURE_INVALID),
        ("apksig/v2-only-with-ecdsa-sha256-p256-digest-mismatch.apk", RefusalReason.SIGNATURE_INVALID),
        ("apksig/v3-only-signatures-and-digests-block-mismatch.apk", RefusalReason.SIGNATURE_INVALID),
        ("apksig/v2-stripped.apk", RefusalReason.SIGNATURE_STRIPPED),
        ("apksig/v1v2v3-with-rsa-2048-lineage-3-signers-no-sig-block.apk", RefusalReason.SIGNATURE_STRIPPED),
        ("apksig/v1-only-targetSandboxVersion-2.apk", RefusalReason.SIGNATURE_UNSUPPORTED),
        ("apksig/v1-only-with-dsa-sha384-2.16.840.1.101.3.4.3.3-2048.apk", RefusalReason.SIGNATURE_UNSUPPORTED),
    ],
)
async def test_a_package_that_is_not_signed_well_is_refused_unless_the_caller_does_not_mind(
    name: str, reason: RefusalReason
) -> None:
    with pytest.raises(PackageRefused) as refused:
        await read_package(other(name), LIMITS)
    assert refused.value.reason == reason
    manifest = await read_package(other(name), LIMITS, require_signature=False)
    assert (manifest.signer_sha256, manifest.signer_lineage, manifest.signature_min_sdk) == ("", (), 1)
