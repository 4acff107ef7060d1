"""What we read of packages, and what aapt reads; where they differ, why that is right."""

from typing import Any

from appshare.app_download.model import PackageManifest
from appshare.app_download.package_reader import RefusalReason

AAPT = "expected_by_aapt_v0.2_debian_10.0.0_r36"
"""Where the list of packages has what aapt reads."""

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
    required = unlike_features(manifest, by_aapt)
    if required - IMPLIED_FEATURES.keys():
        wrong["features"] = required
    return wrong


def unlike_features(manifest: PackageManifest, by_aapt: dict[str, Any]) -> set[str]:
    """Features that only one of us says the package requires."""
    return set(manifest.required_features) ^ set(by_aapt.get("features_required", manifest.required_features))
