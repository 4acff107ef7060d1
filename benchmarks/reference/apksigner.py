"""Whose signature we accept on which Android, and what apksigner accepts; where they differ, why that is right."""

from pathlib import Path
from typing import Any

from appshare.app_download.package_reader import PackageRefused
from appshare.app_download.package_signature.verdict import SignatureVerdict, verify_signature
from benchmarks.reference.aapt import AAPT

APKSIGNER = "apksigner_31.0.2"
"""Where the list of packages has what apksigner says."""

OWN, AT_24, AT_28 = "verifies_with_own_minSdk", "verifies_min24", "verifies_min28"
"""The questions that it was asked."""

SANDBOX_VERSION_2 = {
    "apksig/unsigned-targetSandboxVersion-2.apk",
    "apksig/v1-only-targetSandboxVersion-2.apk",
    "apksig/v2-only-targetSandboxVersion-2.apk",
}

# Where our answer is not apksigner's: {reason: {file: the questions whose answer is the opposite}}.
DIFFERENCES: dict[str, dict[str, set[str]]] = {
    "API levels 24 to 27 do not know v3, and there is no older signature; apksigner asks for v3 from 28 on only": {
        "apksig/golden-aligned-v3-out.apk": {AT_24},
        "apksig/golden-legacy-aligned-v3-out.apk": {AT_24},
        "apksig/golden-unaligned-v3-out.apk": {AT_24},
        "apksig/v3-only-unknown-pair-in-apk-sig-block.apk": {AT_24},
        "apksig/v3-only-with-ecdsa-sha256-p256.apk": {AT_24},
        "apksig/v3-only-with-ecdsa-sha256-p521.apk": {AT_24},
        "apksig/v3-only-with-ignorable-unsupported-sig-algs.apk": {AT_24},
        "apksig/v3-only-with-rsa-pkcs1-sha256-16384.apk": {AT_24},
        "apksig/v3-only-with-rsa-pkcs1-sha256-4096.apk": {AT_24},
        "apksig/v3-only-with-rsa-pkcs1-sha512-1024.apk": {AT_24},
        "apksig/v3-only-with-rsa-pkcs1-sha512-2048.apk": {AT_24},
    },
    "Android verifies RSA-PSS; this apksigner fails because its Java does not know the algorithm by Android's name": {
        "apksig/v2-only-with-rsa-pss-sha256-1024.apk": {AT_24, AT_28},
        "apksig/v2-only-with-rsa-pss-sha256-3072.apk": {AT_24, AT_28},
        "apksig/v2-only-with-rsa-pss-sha256-8192.apk": {AT_24, AT_28},
        "apksig/v2-only-with-rsa-pss-sha512-2048.apk": {AT_24, AT_28},
        "apksig/v2-only-with-rsa-pss-sha512-4096.apk": {AT_24, AT_28},
    },
    "a v3.1 signature, which is newer than this apksigner, goes on where the v3 signature ends": {
        "apksig/v31-ec-p256-2-tgt-33-1-tgt-28-targetSdk-30.apk": {OWN, AT_28},
    },
    "the signature holds, and apksigner stops at the missing manifest: reading refuses that as NOT_AN_APK": {
        "apksig/v2-only-empty.apk": {AT_24, AT_28},
    },
    "the signature holds, and apksigner stops at the manifest, which aapt and we can read": {
        "erev0s_apkInspector/minimal_zero_sized_end_ns.apk": {OWN},
    },
    "nobody else reads its manifest, so its minSdk is taken for 1, and it is signed for 18: MALFORMED_ARCHIVE": {
        "apksig/v1-only-with-nul-in-entry-name.apk": {OWN},
    },
}


def accepted_from(folder: Path, package: dict[str, Any], min_sdk: int) -> SignatureVerdict | None:
    """The verdict on a package that says it has this minSdk; None if some device from there on refuses it."""
    target_sdk = sdk(package, "targetSdk") or sdk(package, "minSdk") or 1
    sandbox_version = 2 if package["file"] in SANDBOX_VERSION_2 else 1
    with (folder / package["file"]).open("rb") as file:
        try:
            verdict = verify_signature(file, min_sdk=min_sdk, target_sdk=target_sdk, sandbox_version=sandbox_version)
        except PackageRefused:
            return None
    return verdict if verdict.min_api == min_sdk else None


def sdk(package: dict[str, Any], name: str) -> int | None:
    """As aapt reads it."""
    level = package[AAPT].get(name)
    return int(level) if level is not None else None


def levels(package: dict[str, Any]) -> dict[str, int]:
    """The questions, each with the lowest API level that it is about."""
    return {OWN: sdk(package, "minSdk") or 1, AT_24: 24, AT_28: 28}
