from typing import Any

import pytest

from appshare.app_download.model import DeviceProfile, InvalidProfile, Platform


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("sdk_version", 0),
        ("sdk_version", -1),
        ("sdk_version", 10_001),
        ("sdk_version", None),
        ("screen_density", 4294967295),
        ("screen_density", -160),
        ("screen_width_px", -1080),
        ("screen_width_px", 0),
        ("screen_height_px", 4294967295),
        ("device_features", ("reqGlEsVersion=three",)),
    ],
)
def test_a_value_that_no_device_can_have_is_refused_by_name(field: str, value: Any) -> None:
    profile = DeviceProfile(**{"sdk_version": 34, field: value})
    with pytest.raises(InvalidProfile) as refused:
        profile.validate()
    assert refused.value.field == field


def test_an_android_device_has_to_name_nothing_but_its_sdk() -> None:
    DeviceProfile(sdk_version=34).validate()


def test_an_iphone_has_no_sdk() -> None:
    DeviceProfile(platform=Platform.IOS).validate()


@pytest.mark.parametrize("line", ["reqGlEsVersion=0x30002", "feature:reqGlEsVersion=0x30002", "reqGlEsVersion=196610"])
def test_the_gl_es_version_stands_among_the_features(line: str) -> None:
    assert DeviceProfile(sdk_version=34, device_features=(line,)).gl_es_version == 0x30002


def test_features_are_read_as_the_device_lists_them() -> None:
    listed = ("feature:android.hardware.nfc", "android.hardware.vulkan.version=4198400", "android.hardware.wifi")
    assert DeviceProfile(sdk_version=34, device_features=listed).features == {
        "android.hardware.nfc": "",
        "android.hardware.vulkan.version": "4198400",
        "android.hardware.wifi": "",
    }
