import json
from pathlib import Path
from typing import Any

import pytest

from appshare.command_line.input_error import InputError
from appshare.fit.device_profile import (
    DeviceProfile,
    Platform,
    Resolution,
    load_device_profile,
    read_device_profile,
    write_device_profile,
)

BUNDLETOOL = {
    "supportedAbis": ["arm64-v8a", "armeabi-v7a"],
    "supportedLocales": ["zh-CN", "en"],
    "deviceFeatures": ["android.hardware.nfc", "reqGlEsVersion=0x30002"],
    "glExtensions": ["GL_KHR_texture_compression_astc_ldr"],
    "screenDensity": 420,
    "sdkVersion": 34,
    "deviceTier": 0,
    "deviceGroups": ["highRam"],
    "countrySet": "latam",
    "sdkRuntime": {"supported": True},
    "ramBytes": "8000000000",
    "buildBrand": "example",
}
PROFILE = DeviceProfile(
    sdk_version=34,
    supported_abis=("arm64-v8a", "armeabi-v7a"),
    screen_density=420,
    supported_locales=("zh-CN", "en"),
    device_features=("android.hardware.nfc", "reqGlEsVersion=0x30002"),
    gl_extensions=("GL_KHR_texture_compression_astc_ldr",),
    device_tier=0,
    device_groups=("highRam",),
    country_set="latam",
    sdk_runtime=True,
)


def test_bundletools_device_spec_is_read() -> None:
    assert read_device_profile(BUNDLETOOL) == PROFILE


def test_it_is_read_with_snake_case_keys() -> None:
    spec = {
        "supported_abis": BUNDLETOOL["supportedAbis"],
        "supported_locales": BUNDLETOOL["supportedLocales"],
        "device_features": BUNDLETOOL["deviceFeatures"],
        "gl_extensions": BUNDLETOOL["glExtensions"],
        "screen_density": 420,
        "sdk_version": 34,
        "device_tier": 0,
        "device_groups": ["highRam"],
        "country_set": "latam",
        "sdk_runtime": {"supported": True},
    }
    assert read_device_profile(spec) == PROFILE


def test_our_own_keys_are_read() -> None:
    spec = {
        "platform": "iOS",
        "osVersion": "17.2",
        "resolution": {"width": 1170, "height": 2532},
        "model": "iPhone 14",
        "deviceTier": 0,
        "countrySet": "sea",
        "deviceGroups": ["large-memory"],
        "manufacturer": "Apple",
    }
    assert read_device_profile(spec) == DeviceProfile(
        platform=Platform.IOS,
        os_version="17.2",
        resolution=Resolution(1170, 2532),
        model="iPhone 14",
        manufacturer="Apple",
        device_tier=0,
        country_set="sea",
        device_groups=("large-memory",),
    )


@pytest.mark.parametrize("keys", [("screenWidth", "screenHeight"), ("screen_width", "screen_height")])
def test_a_screen_can_be_given_in_two_keys(keys: tuple[str, str]) -> None:
    spec = {"sdkVersion": 34, keys[0]: 1080, keys[1]: 2400}
    assert read_device_profile(spec).resolution == Resolution(1080, 2400)


@pytest.mark.parametrize(("value", "version"), [("8.1.0", "8.1.0"), (14, "14"), (8.1, "8.1")])
def test_a_version_may_be_a_number(value: object, version: str) -> None:
    assert read_device_profile({"osVersion": value}).os_version == version


def test_a_number_may_be_a_text_as_in_the_json_of_protobuf() -> None:
    assert read_device_profile({"sdkVersion": "34", "screenDensity": "420"}) == DeviceProfile(
        sdk_version=34, screen_density=420
    )


def test_null_is_left_out() -> None:
    assert read_device_profile({"sdkVersion": 34, "supportedAbis": None, "resolution": None}) == DeviceProfile(
        sdk_version=34
    )


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ([], "a device spec is a JSON object"),
        ({"sdkVersion": "fourteen"}, "^sdkVersion: must be a whole number"),
        ({"sdkVersion": 34.5}, "^sdkVersion: must be a whole number"),
        ({"sdkVersion": True}, "^sdkVersion: must be a whole number"),
        ({"sdkVersion": -1}, "^sdkVersion"),
        ({"sdkVersion": 34, "screenDensity": 2**32}, "^screenDensity"),
        ({"sdkVersion": 34, "sdk_version": 33}, "^sdkVersion: is there twice, also as sdk_version"),
        ({"sdkVersion": 34, "supportedAbis": "arm64-v8a"}, "^supportedAbis: must be a list"),
        ({"sdkVersion": 34, "supportedAbis": ["x86", 64]}, r"^supportedAbis\[1\]: must be a text"),
        ({"sdkVersion": 34, "resolution": "1080x2400"}, "^resolution: must be an object"),
        ({"sdkVersion": 34, "resolution": {"width": "1080px"}}, r"^resolution\.width: must be a whole number"),
        ({"sdkVersion": 34, "screenWidth": 1080}, "^resolution: needs both"),
        ({"sdkVersion": 34, "model": 3}, "^model: must be a text"),
        ({"sdkVersion": 34, "sdkRuntime": {"supported": 1}}, r"^sdkRuntime\.supported: must be true or false"),
        ({"osVersion": []}, "^osVersion: must be a version"),
        ({"platform": "symbian"}, '^platform: must be "android" or "ios"'),
        ({"screenDensity": 420}, "say which Android the device has"),
    ],
)
def test_what_is_wrong_is_named(spec: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_device_profile(spec)


def test_what_is_written_is_read_back() -> None:
    profile = DeviceProfile(
        sdk_version=34,
        os_version="14",
        resolution=Resolution(1, 2),
        supported_abis=("x86",),
        model="M",
        codename="V",
        device_tier=0,
        country_set="latam",
        device_groups=("a",),
        sdk_runtime=False,
    )
    assert read_device_profile(write_device_profile(profile)) == profile
    divided = DeviceProfile(sdk_version=34, device_tier=0, country_set="sea", device_groups=("large-memory",))
    assert read_device_profile(write_device_profile(divided)) == divided


def test_the_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "phone.json"
    path.write_text(json.dumps({"sdkVersion": "U"}))
    with pytest.raises(InputError, match=r"phone\.json: sdkVersion"):
        load_device_profile(path)
    path.write_text("sdk 34")
    with pytest.raises(InputError, match=r"phone\.json: not JSON"):
        load_device_profile(path)
