"""Devices out of a seed: as bundletool's device-spec JSON, and as our profile."""

import json
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from appshare.app_download.model import DeviceProfile

_ABI_ORDERS = (
    ("arm64-v8a", "armeabi-v7a", "armeabi"),
    ("arm64-v8a",),
    ("armeabi-v7a", "armeabi"),
    ("armeabi-v7a", "arm64-v8a"),
    ("x86_64", "x86"),
    ("x86", "armeabi-v7a", "armeabi"),
    ("x86_64", "arm64-v8a", "x86", "armeabi-v7a"),
    ("mips",),
    ("mips64", "mips"),
    ("riscv64",),
    (),
)
_DENSITIES = (
    0,
    120,
    140,
    160,
    180,
    200,
    213,
    220,
    240,
    260,
    280,
    300,
    320,
    340,
    360,
    400,
    420,
    440,
    480,
    560,
    600,
    640,
)
_LOCALES = ("en-US", "en", "de-DE", "fr-CA", "zh-Hans-CN", "zh-TW", "pt-BR", "sr-Latn-RS", "he-IL", "fil-PH", "ja")
_FEATURES = (
    "android.hardware.camera.ar",
    "android.hardware.nfc",
    "android.hardware.type.watch",
    "reqGlEsVersion=0x20000",
    "reqGlEsVersion=0x30000",
    "reqGlEsVersion=0x30002",
)
_EXTENSIONS = (
    "GL_KHR_texture_compression_astc_ldr",
    "GL_IMG_texture_compression_pvrtc",
    "GL_EXT_texture_compression_s3tc",
    "GL_EXT_texture_compression_dxt1",
    "GL_OES_compressed_ETC1_RGB8_texture",
    "GL_OES_compressed_paletted_texture",
    "GL_AMD_compressed_ATC_texture",
    "GL_OES_depth24",
)
_COUNTRY_SETS = ("latam", "sea", "elsewhere")
_DEVICE_GROUPS = ("highRam", "lowRam", "medium")


@dataclass(frozen=True, slots=True)
class Device:
    """One device in both forms."""

    profile: DeviceProfile
    spec: dict[str, Any]

    def write(self, file: Path) -> Path:
        """The device spec as a file."""
        file.write_text(json.dumps(self.spec), encoding="utf-8")
        return file


def devices(random: Random, count: int) -> list[Device]:
    """Of all SDKs from 16 on; parts of the profile are left out now and then."""
    return [_device(random) for _ in range(count)]


def _device(random: Random) -> Device:
    profile = DeviceProfile(
        sdk_version=random.randint(16, 36),
        codename="Baklava" if random.random() < 0.05 else "",
        supported_abis=random.choice(_ABI_ORDERS),
        screen_density=random.choice(_DENSITIES),
        supported_locales=tuple(random.sample(_LOCALES, random.choice((0, 1, 1, 2, 3)))),
        device_features=_features(random),
        gl_extensions=tuple(random.sample(_EXTENSIONS, random.choice((0, 0, 2, 4, 8)))),
        device_tier=random.choice((None, None, 0, 1, 2, 7)),
        country_set=random.choice(("", "", "", *_COUNTRY_SETS)),
        device_groups=tuple(random.sample(_DEVICE_GROUPS, random.choice((0, 0, 1, 2)))),
        sdk_runtime=random.choice((None, None, None, True, False)),
    )
    return Device(profile, _spec(profile))


def _features(random: Random) -> tuple[str, ...]:
    """At most one version of OpenGL ES."""
    features = random.sample(_FEATURES, random.choice((0, 1, 2, 4, 6)))
    versions = [feature for feature in features if feature.startswith("reqGlEsVersion")]
    return tuple(feature for feature in features if feature not in versions[1:])


def _spec(profile: DeviceProfile) -> dict[str, Any]:
    spec = {
        "sdkVersion": profile.sdk_version,
        "codename": profile.codename,
        "supportedAbis": profile.supported_abis,
        "screenDensity": profile.screen_density,
        "supportedLocales": profile.supported_locales,
        "deviceFeatures": profile.device_features,
        "glExtensions": profile.gl_extensions,
        "deviceTier": profile.device_tier,
        "countrySet": profile.country_set or None,
        "deviceGroups": profile.device_groups,
        "sdkRuntime": None if profile.sdk_runtime is None else {"supported": profile.sdk_runtime},
    }
    return {name: value for name, value in spec.items() if value not in (None, "", ())}
