"""What we read of real packages is what aapt reads of them."""

import json
from pathlib import Path
from typing import Any

import pytest

from appshare.app_download.model import PackageManifest, Screen, ScreenSize
from appshare.app_download.package_reader import PackageRefused, ReadingLimits, RefusalReason, read_package
from appshare.app_download.package_reading.reading import read

LIMITS = ReadingLimits()
PROJECT = Path(__file__).parents[2]
SAMPLES = PROJECT / "tests" / "packages"
OTHERS = PROJECT.parent / "shared" / "data" / "apks"

# Of what aapt says nothing about, we give Android's default. (A missing targetSdk is the minSdk.)
DEFAULTS: dict[str, Any] = {
    "versionCode": "0",
    "versionName": "",
    "label": "",
    "minSdk": "1",
    "maxSdk": None,
    "nativeCode": [],
}

# Features that aapt derives from permissions and defaults. Google Play filters by them; Android installs without
# asking for them, and a manifest does not name them, so neither do we.
IMPLIED_FEATURES = {
    "android.hardware.bluetooth": "from the permission BLUETOOTH",
    "android.hardware.camera": "from the permission CAMERA",
    "android.hardware.faketouch": "a default of every app",
    "android.hardware.location": "from the permission ACCESS_COARSE_LOCATION or ACCESS_FINE_LOCATION",
    "android.hardware.microphone": "from the permission RECORD_AUDIO",
    "android.hardware.screen.portrait": "from an activity's orientation",
    "android.hardware.telephony": "from a permission about telephony",
    "android.hardware.wifi": "from the permission ACCESS_WIFI_STATE",
}

# aapt reads none of these to the end.
REFUSED = {
    "androguard_androguard/multidex.apk": RefusalReason.NOT_AN_APK,
    "apksig/empty-unsigned.apk": RefusalReason.NOT_AN_APK,
    "apksig/v1-only-with-nul-in-entry-name.apk": RefusalReason.MALFORMED_ARCHIVE,
    "apksig/v2-only-empty.apk": RefusalReason.NOT_AN_APK,
    "apksig/v2-only-truncated-cd.apk": RefusalReason.TRUNCATED,
    "apksig/v3-only-with-rsa-pkcs1-sha512-8192-digest-mismatch.apk": RefusalReason.MALFORMED_ARCHIVE,
    "drozer/ServiceBinder.apk": RefusalReason.NOT_AN_APK,
    "f-droid_fdroidserver/janus.apk": RefusalReason.NOT_STARTING_WITH_ZIP_HEADER,
}
READ_ALTHOUGH_AAPT_FAILS = {
    "androguard_androguard/AndroidManifest_ShortName.apk": "aapt fails at the missing icon; we do not look for it",
}


AAPT = "expected_by_aapt_v0.2_debian_10.0.0_r36"
NOT_HERE = pytest.param({}, marks=pytest.mark.skip("the packages of others are not here: ../shared/data/apks"))


def packages_of_others(*, refused: bool) -> list[Any]:
    if not OTHERS.is_dir():
        return [NOT_HERE]
    packages = json.loads((OTHERS / "manifest.json").read_text())["packages"]
    return [pytest.param(each, id=each["file"]) for each in packages if (each["file"] in REFUSED) == refused]


def samples() -> list[Any]:
    truth = json.loads((SAMPLES / "packages.json").read_text())
    return [pytest.param(name, facts, id=name) for name, facts in truth.items()]


@pytest.mark.parametrize("package", packages_of_others(refused=False))
def test_a_package_is_read_as_aapt_reads_it(package: dict[str, Any]) -> None:
    with (OTHERS / package["file"]).open("rb") as file:
        # In this process: 200 others would take their time. Who signed it is a question of its own.
        manifest = read(file, LIMITS, require_signature=False)
    assert differences(manifest, package[AAPT]) == {}
    assert list(manifest.abis) == package["zip_native_abis"]


@pytest.mark.parametrize("package", packages_of_others(refused=False))
def test_a_package_that_is_read_is_one_that_aapt_reads(package: dict[str, Any]) -> None:
    assert package["aapt_rc"] == 0 or package["file"] in READ_ALTHOUGH_AAPT_FAILS


@pytest.mark.parametrize("package", packages_of_others(refused=True))
async def test_a_package_that_aapt_cannot_read_is_refused(package: dict[str, Any]) -> None:
    assert package["aapt_rc"] != 0
    with pytest.raises(PackageRefused) as refused:
        await read_package(OTHERS / package["file"], LIMITS)
    assert refused.value.reason == REFUSED[package["file"]]


@pytest.mark.parametrize(("name", "truth"), samples())
async def test_a_sample_package_is_read_as_its_recipe_describes_it(name: str, truth: dict[str, Any]) -> None:
    manifest = await read_package(SAMPLES / name, LIMITS)
    screens = {Screen(size, dpi) for size in ScreenSize for dpi in truth["densities"]}
    assert set(manifest.compatible_screens) == screens
    read_of_it = {
        "package": manifest.package_name,
        "version_code": manifest.version_code,
        "version_name": manifest.version_name,
        "label": manifest.label,
        "min_sdk": manifest.min_sdk,
        "max_sdk": manifest.max_sdk,
        "target_sdk": manifest.target_sdk,
        "abis": list(manifest.abis),
        "features": list(manifest.required_features),
    }
    assert {name: truth[name] for name in read_of_it} == read_of_it


def differences(manifest: PackageManifest, by_aapt: dict[str, Any]) -> dict[str, Any]:
    """What we read otherwise than aapt, but for what is accepted above."""
    ours: dict[str, Any] = {
        "package": manifest.package_name,
        "versionCode": str(manifest.version_code),
        "versionName": manifest.version_name,
        "label": manifest.label,
        "minSdk": str(manifest.min_sdk),
        "targetSdk": str(manifest.target_sdk),
        "maxSdk": None if manifest.max_sdk is None else str(manifest.max_sdk),
        "nativeCode": list(manifest.abis),
        "densities": [str(dpi) for dpi in manifest.densities],
        "screens": [size.name.lower() for size in manifest.supports_screens],
    }
    theirs = DEFAULTS | {"targetSdk": by_aapt.get("minSdk", "1")} | by_aapt
    wrong: dict[str, Any] = {
        name: (ours[name], theirs[name]) for name in ours.keys() & theirs.keys() if ours[name] != theirs[name]
    }
    required = set(manifest.required_features) ^ set(by_aapt.get("features_required", manifest.required_features))
    if required - IMPLIED_FEATURES.keys():
        wrong["features"] = required
    return wrong
