from typing import Any

import pytest

from appshare.app_download.model import SDK_IN_DEVELOPMENT, PackageManifest, Screen, ScreenSize
from appshare.app_download.package_reading.manifest import parse_manifest
from appshare.app_download.package_reading.refusal import PackageRefused, RefusalReason

RESOURCES = {"@string/name": "A name", "@integer/sdk": "19", "@bool/no": "false", "@android:bool/yes": "true"}


def parse(children: str = "", attributes: str = "") -> PackageManifest:
    return parse_text(
        '<manifest xmlns:android="http://schemas.android.com/apk/res/android"'
        f' package="org.example.app" {attributes}>{children}</manifest>'
    )


def parse_text(text: str) -> PackageManifest:
    return parse_manifest(text, RESOURCES.get, abis=("x86",), densities=(160,))


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ("", {"version_code": 0, "version_name": "", "split_name": ""}),
        ('android:versionCode="7"', {"version_code": 7}),
        ('android:versionCode="0x10"', {"version_code": 16}),
        ('android:versionCode="0xee6b2800"', {"version_code": 4_000_000_000}),
        ('android:versionCode="-1"', {"version_code": 4_294_967_295}),
        ('android:versionCode="7" android:versionCodeMajor="1"', {"version_code": (1 << 32) + 7}),
        ('android:versionCode="@integer/sdk"', {"version_code": 19}),
        ('android:versionName="1.0"', {"version_name": "1.0"}),
        ('android:versionName="@string/name"', {"version_name": "A name"}),
        ('android:versionName="@string/missing"', {"version_name": ""}),
        ('android:versionName="@7f060000"', {"version_name": ""}),
        ("", {"config_for_split": None, "requires_splits": False, "split_types": (), "required_split_types": ()}),
        ('split="config.xhdpi"', {"split_name": "config.xhdpi", "config_for_split": ""}),
        ('split="config.de" configForSplit=""', {"config_for_split": ""}),
        ('split="camera.config.de" configForSplit="camera"', {"config_for_split": "camera"}),
        ('split="camera" android:isFeatureSplit="true"', {"config_for_split": None, "is_feature_split": True}),
        ('android:isSplitRequired="true"', {"requires_splits": True}),
        ('android:splitTypes="base__abi"', {"split_types": ("base__abi",)}),
        (
            'android:requiredSplitTypes="base__abi, base__density,"',
            {"required_split_types": ("base__abi", "base__density")},
        ),
    ],
)
def test_what_the_manifest_element_says(attributes: str, expected: dict[str, Any]) -> None:
    assert facts(parse(attributes=attributes), expected) == expected


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ("", {"min_sdk": 1, "min_sdk_codename": "", "target_sdk": 1, "max_sdk": None}),
        ('android:minSdkVersion="21"', {"min_sdk": 21, "target_sdk": 21}),
        ('android:minSdkVersion="21" android:targetSdkVersion="34"', {"min_sdk": 21, "target_sdk": 34}),
        ('android:minSdkVersion="Baklava"', {"min_sdk": SDK_IN_DEVELOPMENT, "min_sdk_codename": "Baklava"}),
        ('android:targetSdkVersion="Baklava"', {"min_sdk": 1, "target_sdk": SDK_IN_DEVELOPMENT}),
        ('android:minSdkVersion="@integer/sdk"', {"min_sdk": 19, "min_sdk_codename": ""}),
        ('android:minSdkVersion="@integer/missing"', {"min_sdk": 1, "min_sdk_codename": ""}),
        ('android:minSdkVersion="-3" android:maxSdkVersion="0"', {"min_sdk": 1, "max_sdk": None}),
        ('android:maxSdkVersion="25"', {"max_sdk": 25}),
    ],
)
def test_what_uses_sdk_says(attributes: str, expected: dict[str, Any]) -> None:
    assert facts(parse(f"<uses-sdk {attributes}/>"), expected) == expected


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ("", {"label": "", "debuggable": False, "test_only": False}),
        ('android:label="Rock &amp; Roll"', {"label": "Rock & Roll"}),
        ('android:label="@string/name"', {"label": "A name"}),
        ('android:label="@Voice Reader"', {"label": "@Voice Reader"}),
        ('android:debuggable="true" android:testOnly="-1"', {"debuggable": True, "test_only": True}),
        (
            'android:debuggable="@bool/no" android:testOnly="@android:bool/yes"',
            {"debuggable": False, "test_only": True},
        ),
        ('android:debuggable="perhaps"', {"debuggable": False}),
    ],
)
def test_what_application_says(attributes: str, expected: dict[str, Any]) -> None:
    assert facts(parse(f"<application {attributes}/>"), expected) == expected


def test_a_very_long_text_is_cut() -> None:
    assert len(parse(f'<application android:label="{"x" * 5000}"/>').label) == 1000


def test_required_features_are_those_not_said_to_be_optional() -> None:
    manifest = parse("""
        <uses-feature android:name="camera"/>
        <uses-feature android:name="nfc" android:required="true"/>
        <uses-feature android:name="gps" android:required="false"/>
        <uses-feature android:name="wifi" android:required="@bool/no"/>
        <uses-feature android:name="camera"/>
    """)
    assert manifest.required_features == ("camera", "nfc")


def test_the_highest_required_gl_es_version_counts() -> None:
    manifest = parse("""
        <uses-feature android:glEsVersion="0x00020000"/>
        <uses-feature android:glEsVersion="0x00030001" android:required="true"/>
        <uses-feature android:glEsVersion="0x00030002" android:required="false"/>
    """)
    assert (manifest.gl_es_version, manifest.required_features) == (0x30001, ())


def test_without_gl_es_none_is_wanted() -> None:
    assert parse('<uses-feature android:name="camera"/>').gl_es_version is None


SMALL, NORMAL, LARGE, XLARGE = ScreenSize


@pytest.mark.parametrize(
    ("target_sdk", "attributes", "screens"),
    [
        (3, "", (NORMAL,)),
        (4, "", (SMALL, NORMAL, LARGE)),
        (9, "", (SMALL, NORMAL, LARGE, XLARGE)),
        (34, 'android:smallScreens="false"', (NORMAL, LARGE, XLARGE)),
        (3, 'android:xlargeScreens="true"', (NORMAL, XLARGE)),
    ],
)
def test_screens_are_supported_by_default_since_some_target_sdk(
    target_sdk: int, attributes: str, screens: tuple[ScreenSize, ...]
) -> None:
    manifest = parse(f'<uses-sdk android:targetSdkVersion="{target_sdk}"/><supports-screens {attributes}/>')
    assert manifest.supports_screens == screens


def test_compatible_screens_are_read_by_name_and_by_dpi() -> None:
    manifest = parse("""
        <compatible-screens>
            <screen android:screenSize="small" android:screenDensity="hdpi"/>
            <screen android:screenSize="xlarge" android:screenDensity="420"/>
            <screen android:screenSize="huge" android:screenDensity="420"/>
            <screen android:screenSize="small"/>
        </compatible-screens>
    """)
    assert manifest.compatible_screens == (Screen(SMALL, 240), Screen(XLARGE, 420))


def test_native_code_and_densities_are_passed_through() -> None:
    manifest = parse()
    assert (manifest.abis, manifest.densities) == (("x86",), (160,))


@pytest.mark.parametrize("text", ["", "not XML", "<manifest", '<manifest a="1" a="2"/>', "<apk/>"])
def test_what_is_no_manifest_is_refused(text: str) -> None:
    assert refusal(text) == RefusalReason.MALFORMED_MANIFEST


@pytest.mark.parametrize(
    "name", ["", "app", "org..app", "org.1app", "org/app.x", "../../org.app", "örg.app", "a." * 120 + "a"]
)
def test_a_package_name_that_android_refuses_is_refused(name: str) -> None:
    assert refusal(f'<manifest package="{name}"/>') == RefusalReason.INVALID_PACKAGE_NAME


@pytest.mark.parametrize("code", ["one", "", "1.5", "0x1ffffffff", "99999999999", "@integer/missing"])
def test_a_version_code_that_is_no_number_of_32_bits_is_refused(code: str) -> None:
    with pytest.raises(PackageRefused) as refused:
        parse(attributes=f'android:versionCode="{code}"')
    assert refused.value.reason == RefusalReason.INVALID_VERSION_CODE


def facts(manifest: PackageManifest, about: dict[str, Any]) -> dict[str, Any]:
    return {name: getattr(manifest, name) for name in about}


def refusal(text: str) -> RefusalReason:
    with pytest.raises(PackageRefused) as refused:
        parse_text(text)
    return refused.value.reason
