"""The rules of bundletool for each dimension of a split set, one case per line."""

from typing import Any

import pytest
from tests.unit.app_download.samples import phone
from tests.unit.app_download.split_sets.sets import serving

from appshare.app_download.fitting import density
from appshare.app_download.fitting.split_sets.dimensions import apk_matches, incompatible
from appshare.app_download.model import SDK_IN_DEVELOPMENT
from appshare.app_download.table_of_contents import DeviceTargeting, Targeting

ASTC, PVRTC = "GL_KHR_texture_compression_astc_ldr", "GL_IMG_texture_compression_pvrtc"
ETC1 = "GL_OES_compressed_ETC1_RGB8_texture"


def rest(dimension: str, *siblings: Any) -> DeviceTargeting:
    """What is left for the devices that no sibling serves."""
    return DeviceTargeting(**{dimension: Targeting((), siblings)})


@pytest.mark.parametrize(
    ("device", "targeting"),
    [
        ({}, DeviceTargeting()),
        ({"sdk_version": 21}, serving("sdk", 21)),
        ({"sdk_version": 28}, serving("sdk", 21, 29)),
        ({"sdk_version": 16}, rest("sdk", 21)),
        ({"sdk_version": 34}, serving("sdk", 29, 21, 0)),
        ({"sdk_version": 34, "codename": "Baklava"}, serving("sdk", SDK_IN_DEVELOPMENT, 33)),
        ({}, serving("abi", "arm64-v8a", "armeabi-v7a")),
        ({"supported_abis": ("armeabi-v7a", "arm64-v8a")}, serving("abi", "armeabi-v7a", "arm64-v8a")),
        ({"supported_abis": ("mips", "x86")}, serving("abi", "x86", "arm64-v8a")),
        ({"supported_abis": ("mips",)}, rest("abi", "arm64-v8a")),
        ({"supported_abis": ()}, rest("abi", "arm64-v8a")),
        ({}, serving("multi_abi", ("arm64-v8a", "armeabi-v7a"), ("arm64-v8a",))),
        ({}, serving("multi_abi", ("arm64-v8a",), ("armeabi-v7a",))),
        ({}, serving("multi_abi", ("arm64-v8a",), ("arm64-v8a", "x86"))),
        ({"screen_density": 420}, serving("density", 480, 320)),
        ({"screen_density": 260}, serving("density", 240, 320)),
        ({"screen_density": 360}, serving("density", 320, 480)),
        ({"screen_density": 100}, serving("density", 120, 160)),
        ({"screen_density": 700}, serving("density", 640, 480)),
        ({"screen_density": None}, serving("density", 160, 240)),
        ({"screen_density": 0}, serving("density", 160, 120)),
        ({"screen_density": 420}, serving("density", density.ANY, 480)),
        ({"supported_locales": ("de-AT",)}, serving("language", "de")),
        ({"supported_locales": ("en-US", "zh-Hant-TW")}, serving("language", "zh")),
        ({"supported_locales": ("iw-IL",)}, serving("language", "he")),
        ({"supported_locales": ("en-US", "fr")}, rest("language", "fr", "de")),
        ({"gl_extensions": (ASTC, ETC1)}, serving("texture", "ASTC", "ETC1_RGB8")),
        ({"gl_extensions": (ETC1, PVRTC)}, serving("texture", "PVRTC", "ETC1_RGB8")),
        (
            {"gl_extensions": (ETC1,), "device_features": ("reqGlEsVersion=0x30000",)},
            serving("texture", "ETC2", "ASTC"),
        ),
        ({"gl_extensions": (ETC1,)}, rest("texture", "ASTC")),
        ({"gl_extensions": ()}, rest("texture", "ASTC")),
        ({"device_tier": 2}, serving("device_tier", 2, 0, 1)),
        ({"country_set": "sea"}, serving("country_set", "sea", "latam")),
        ({"country_set": ""}, rest("country_set", "sea", "latam")),
        ({"device_groups": ("small", "slow")}, serving("device_group", "slow", "fast")),
    ],
)
def test_a_file_is_for_the_device(device: dict[str, Any], targeting: DeviceTargeting) -> None:
    assert apk_matches(phone(**device), targeting)


@pytest.mark.parametrize(
    ("device", "targeting"),
    [
        ({"sdk_version": 20}, serving("sdk", 21)),
        ({"sdk_version": 29}, serving("sdk", 21, 29)),
        ({"sdk_version": 21}, rest("sdk", 21)),
        ({"sdk_version": 34, "codename": ""}, serving("sdk", SDK_IN_DEVELOPMENT, 33)),
        ({"sdk_version": 34, "codename": "Baklava"}, serving("sdk", 33, SDK_IN_DEVELOPMENT)),
        ({}, serving("abi", "armeabi-v7a", "arm64-v8a")),
        ({}, rest("abi", "arm64-v8a")),
        ({"supported_abis": ()}, serving("abi", "arm64-v8a")),
        ({}, serving("multi_abi", ("arm64-v8a", "x86"), ("arm64-v8a",))),
        ({}, serving("multi_abi", ("armeabi-v7a",), ("arm64-v8a",))),
        ({}, serving("multi_abi", ("arm64-v8a",), ("arm64-v8a", "armeabi-v7a"))),
        ({"supported_abis": ()}, serving("multi_abi", ("arm64-v8a",))),
        ({"screen_density": 420}, serving("density", 320, 480)),
        ({"screen_density": None}, serving("density", 240, 160)),
        ({"screen_density": 420}, serving("density", 480, density.ANY)),
        ({"supported_locales": ("de-AT",)}, serving("language", "en")),
        ({"supported_locales": ()}, serving("language", "en")),
        ({"supported_locales": ("de", "fr")}, rest("language", "fr", "de")),
        ({"supported_locales": ()}, rest("language", "fr")),
        ({"gl_extensions": (ASTC, ETC1)}, serving("texture", "ETC1_RGB8", "ASTC")),
        (
            {"gl_extensions": (ETC1,), "device_features": ("reqGlEsVersion=0x20000",)},
            serving("texture", "ETC2", "ASTC"),
        ),
        ({"gl_extensions": (ASTC,)}, rest("texture", "ASTC")),
        ({"device_tier": 7}, serving("device_tier", 2, 0, 1)),
        ({"country_set": "sea"}, serving("country_set", "latam", "sea")),
        ({"country_set": ""}, serving("country_set", "latam", "sea")),
        ({"country_set": "sea"}, rest("country_set", "latam", "sea")),
        ({"device_groups": ("small",)}, serving("device_group", "slow", "fast")),
        ({"device_groups": ()}, serving("device_group", "slow", "fast")),
    ],
)
def test_a_file_is_not_for_the_device(device: dict[str, Any], targeting: DeviceTargeting) -> None:
    assert not apk_matches(phone(**device), targeting)


@pytest.mark.parametrize(
    ("device", "targeting", "reason"),
    [
        ({"sdk_version": 19}, serving("sdk", 24, 21), "MIN_SDK 19 21"),
        ({"supported_abis": ("mips",)}, serving("abi", "x86", "armeabi"), "ABI mips armeabi,x86"),
        ({"supported_abis": ("x86",)}, serving("multi_abi", ("x86", "x86_64")), "ABI x86 x86+x86_64"),
        ({"gl_extensions": (ETC1,)}, serving("texture", "PVRTC", "ASTC"), "TEXTURE ETC1_RGB8 ASTC,PVRTC"),
    ],
)
def test_a_device_that_nothing_serves_is_incompatible(
    device: dict[str, Any], targeting: DeviceTargeting, reason: str
) -> None:
    [miss] = incompatible(phone(**device), targeting)
    assert f"{miss.kind} {','.join(miss.device_has)} {','.join(miss.package_wants)}" == reason


@pytest.mark.parametrize(
    ("device", "targeting"),
    [
        ({}, serving("density", 120)),
        ({}, serving("language", "tlh")),
        ({"sdk_version": 21}, serving("sdk", 29, 21)),
        ({"supported_abis": ("x86",)}, serving("abi", "arm64-v8a", "x86")),
        ({"supported_abis": ()}, serving("abi", "arm64-v8a")),
        ({"supported_abis": ()}, serving("multi_abi", ("arm64-v8a",))),
        ({"gl_extensions": ()}, serving("texture", "ASTC")),
        ({"gl_extensions": (ETC1,)}, rest("texture", "ASTC")),
    ],
)
def test_a_device_that_a_sibling_may_serve_is_compatible(device: dict[str, Any], targeting: DeviceTargeting) -> None:
    assert incompatible(phone(**device), targeting) == ()
