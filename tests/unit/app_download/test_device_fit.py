from typing import Any

import pytest
from tests.unit.app_download.samples import apk, phone

from appshare.app_download.fitting import density
from appshare.app_download.fitting.device_fit import choose
from appshare.app_download.model import (
    SDK_IN_DEVELOPMENT,
    Artifact,
    Fit,
    InvalidProfile,
    NoFit,
    NoFitKind,
    Platform,
    Screen,
    ScreenSize,
)

SMALL, NORMAL, LARGE, XLARGE = ScreenSize


def chosen(answer: Fit | NoFit) -> Artifact:
    assert isinstance(answer, Fit), answer
    (artifact,) = answer.artifacts
    return artifact


def kinds(answer: Fit | NoFit) -> list[NoFitKind]:
    assert isinstance(answer, NoFit), answer
    return [reason.kind for reason in answer.reasons]


TABLET = {"screen_width_px": 1600, "screen_height_px": 2560, "screen_density": 320}  # 800 dp: xlarge
WATCH = {"screen_width_px": 400, "screen_height_px": 400, "screen_density": 320}  # 200 dp: small


@pytest.mark.parametrize(
    ("device", "package"),
    [
        ({"sdk_version": 21}, {"min_sdk": 21}),
        ({"sdk_version": 34, "codename": "VanillaIceCream"}, {"min_sdk": 34}),
        (
            {"sdk_version": 34, "codename": "VanillaIceCream"},
            {"min_sdk": SDK_IN_DEVELOPMENT, "min_sdk_codename": "VanillaIceCream"},
        ),
        ({"sdk_version": 25}, {"max_sdk": 25}),
        ({"sdk_version": 33}, {"min_sdk": 1, "target_sdk": 1}),
        ({"sdk_version": 34}, {"target_sdk": 23}),
        ({"sdk_version": 35}, {"target_sdk": 24}),
        ({}, {"abis": ()}),
        ({}, {"abis": ("x86", "armeabi-v7a")}),
        ({"supported_abis": ()}, {"abis": ("x86",)}),
        ({"device_features": ("feature:android.hardware.nfc",)}, {"required_features": ("android.hardware.nfc",)}),
        ({"device_features": ()}, {"required_features": ("android.hardware.nfc",)}),
        ({"device_features": ("reqGlEsVersion=0x30002",)}, {"gl_es_version": 0x30001}),
        ({"device_features": ("android.hardware.nfc",)}, {"gl_es_version": 0x30001}),
        (WATCH, {"supports_screens": (SMALL,)}),
        (TABLET, {"supports_screens": (NORMAL,)}),
        ({"screen_width_px": None}, {"supports_screens": (XLARGE,)}),
        ({"screen_density": None}, {"compatible_screens": (Screen(XLARGE, 120),)}),
        ({"screen_density": 420}, {"compatible_screens": (Screen(NORMAL, 240), Screen(NORMAL, 420))}),
        ({"screen_density": 420}, {"compatible_screens": (Screen(NORMAL, 480),)}),
    ],
)
def test_a_package_fits(device: dict[str, Any], package: dict[str, Any]) -> None:
    assert chosen(choose(phone(**device), [apk(**package)]))


@pytest.mark.parametrize(
    ("device", "package", "kind"),
    [
        ({"sdk_version": 20}, {"min_sdk": 21}, NoFitKind.MIN_SDK),
        ({"sdk_version": 34}, {"min_sdk": SDK_IN_DEVELOPMENT, "min_sdk_codename": "Baklava"}, NoFitKind.MIN_SDK),
        ({"sdk_version": 26}, {"max_sdk": 25}, NoFitKind.MAX_SDK),
        ({"sdk_version": 34}, {"target_sdk": 22}, NoFitKind.TARGET_SDK),
        ({"sdk_version": 35}, {"target_sdk": 23}, NoFitKind.TARGET_SDK),
        ({"sdk_version": 37}, {"target_sdk": 23}, NoFitKind.TARGET_SDK),
        ({}, {"abis": ("x86", "x86_64")}, NoFitKind.ABI),
        ({"device_features": ("a", "b")}, {"required_features": ("a", "c")}, NoFitKind.FEATURE),
        ({"device_features": ("reqGlEsVersion=0x20000",)}, {"gl_es_version": 0x30000}, NoFitKind.GL_ES),
        ({}, {"supports_screens": (LARGE, XLARGE)}, NoFitKind.SCREEN),
        ({}, {"supports_screens": ()}, NoFitKind.SCREEN),
        ({}, {"compatible_screens": (Screen(NORMAL, 320), Screen(LARGE, 480))}, NoFitKind.SCREEN),
        ({"platform": Platform.IOS}, {}, NoFitKind.PLATFORM),
    ],
)
def test_a_package_does_not_fit(device: dict[str, Any], package: dict[str, Any], kind: NoFitKind) -> None:
    assert kinds(choose(phone(**device), [apk(**package)])) == [kind]


@pytest.mark.parametrize(
    ("width", "height", "dpi", "size"),
    [
        (400, 400, 320, SMALL),  # 200 dp
        (319, 600, 160, SMALL),
        (320, 600, 160, NORMAL),
        (1080, 2400, 420, NORMAL),  # 411 dp
        (2400, 1080, 420, NORMAL),  # the same phone, turned
        (480, 800, 160, LARGE),
        (1200, 1920, 320, LARGE),  # 600 dp
        (720, 1280, 160, XLARGE),
        (1600, 2560, 320, XLARGE),  # 800 dp
        (480, 800, 0, LARGE),  # a density of 0 counts as 160
    ],
)
def test_the_size_class_comes_from_the_smallest_width(width: int, height: int, dpi: int, size: ScreenSize) -> None:
    device = phone(screen_width_px=width, screen_height_px=height, screen_density=dpi)
    packages = [apk(each.name, compatible_screens=(Screen(each, density.bucket(dpi)),)) for each in ScreenSize]
    assert chosen(choose(device, packages)).sha256 == size.name


def test_an_older_version_that_fits_beats_a_newer_one_that_does_not() -> None:
    packages = [apk("old", version_code=1), apk("new", version_code=2, min_sdk=35)]
    assert chosen(choose(phone(sdk_version=34), packages)).sha256 == "old"


def test_the_highest_version_that_fits_is_taken() -> None:
    packages = [apk(str(code), version_code=code) for code in (2, 10, 9)]
    assert chosen(choose(phone(), packages)).manifest.version_code == 10


def test_a_newer_version_beats_a_better_abi() -> None:
    packages = [apk("old", version_code=1, abis=("arm64-v8a",)), apk("new", version_code=2, abis=("armeabi-v7a",))]
    assert chosen(choose(phone(), packages)).sha256 == "new"


def test_the_devices_most_preferred_abi_is_taken() -> None:
    packages = [apk(abi, abis=(abi,)) for abi in ("armeabi-v7a", "arm64-v8a", "x86")]
    assert chosen(choose(phone(), packages)).sha256 == "arm64-v8a"


def test_native_code_beats_a_package_without() -> None:
    packages = [apk("any", abis=()), apk("native", abis=("armeabi-v7a",))]
    assert chosen(choose(phone(), packages)).sha256 == "native"


def test_a_better_abi_beats_a_better_density() -> None:
    packages = [
        apk("abi", abis=("arm64-v8a",), densities=(160,)),
        apk("density", abis=("armeabi-v7a",), densities=(480,)),
    ]
    assert chosen(choose(phone(), packages)).sha256 == "abi"


def test_the_best_density_is_taken() -> None:
    packages = [apk(str(dpi), densities=(160, dpi)) for dpi in (320, 480, 640)]
    assert chosen(choose(phone(screen_density=420), packages)).sha256 == "480"


def test_vectors_do_not_decide_the_density() -> None:
    packages = [apk("plain", densities=(160, density.ANY)), apk("sharp", densities=(480, density.NONE))]
    assert chosen(choose(phone(screen_density=420), packages)).sha256 == "sharp"


def test_compatible_screens_decide_the_density_before_resources_do() -> None:
    packages = [
        apk("lower", densities=(160, 320), compatible_screens=(Screen(NORMAL, 280), Screen(NORMAL, 320))),
        apk("exact", densities=(160, 320), compatible_screens=(Screen(NORMAL, 360), Screen(NORMAL, 480))),
    ]
    assert chosen(choose(phone(screen_density=360, screen_width_px=900), packages)).sha256 == "exact"


def test_an_unknown_density_counts_as_160() -> None:
    packages = [apk(str(dpi), densities=(dpi,)) for dpi in (120, 160, 240)]
    assert chosen(choose(phone(screen_density=None), packages)).sha256 == "160"


def test_of_equals_the_smallest_file_is_taken_and_then_the_lowest_digest() -> None:
    packages = [apk("c", size=2), apk("b", size=1), apk("a", size=2), apk("d", size=1)]
    assert chosen(choose(phone(), packages)).sha256 == "b"


def test_only_the_pinned_signer_is_accepted_however_new_the_others_are() -> None:
    packages = [apk("ours", signer_sha256="aa"), apk("theirs", version_code=2, signer_sha256="bb")]
    assert chosen(choose(phone(), packages, pinned_signer="aa")).sha256 == "ours"


def test_a_successor_that_proves_to_be_one_is_as_good_as_the_pinned_signer() -> None:
    packages = [
        apk("ours", signer_sha256="aa"),
        apk("next", version_code=2, signer_sha256="bb", signer_lineage=("aa", "bb")),
    ]
    answer = choose(phone(), packages, pinned_signer="aa")
    assert chosen(answer).sha256 == "next"
    assert isinstance(answer, Fit)
    assert "signer succeeds the pinned one" in answer.why


@pytest.mark.parametrize("signer", ["bb", ""])
def test_another_or_an_unverified_signer_is_a_reason(signer: str) -> None:
    assert kinds(choose(phone(), [apk(signer_sha256=signer)], pinned_signer="aa")) == [NoFitKind.SIGNER_CHANGED]


def test_without_packages_the_app_is_not_in_the_catalogue() -> None:
    assert kinds(choose(phone(), [])) == [NoFitKind.NOT_IN_CATALOGUE]


def test_a_profile_that_no_device_can_have_is_refused() -> None:
    with pytest.raises(InvalidProfile):
        choose(phone(screen_density=4294967295), [apk()])


def test_the_fit_says_what_it_is() -> None:
    answer = choose(phone(), [apk(version_code=7, version_name="0.7")])
    assert isinstance(answer, Fit)
    assert (answer.package_name, answer.version_code, answer.version_name) == ("org.example.app", 7, "0.7")


@pytest.mark.parametrize(
    ("package", "sentence"),
    [
        ({"version_code": 3}, "version 3 highest of 2 that fit"),
        ({"min_sdk": 21}, "SDK 34 at least 21"),
        ({"min_sdk": 21, "max_sdk": 35}, "SDK 34 within 21 to 35"),
        ({"abis": ("arm64-v8a",)}, "ABI arm64-v8a first of 2"),
        ({"abis": ("armeabi-v7a",)}, "ABI armeabi-v7a number 2 of 2"),
        ({"abis": ()}, "no native code, any ABI"),
        ({"densities": (160, 320, 480)}, "density 420 -> xxhdpi"),
        ({"signer_sha256": "aa"}, "signer as pinned"),
    ],
)
def test_the_fit_explains_itself(package: dict[str, Any], sentence: str) -> None:
    package = {"version_code": 2, "signer_sha256": "aa", **package}
    answer = choose(phone(), [apk("chosen", **package), apk("older", signer_sha256="aa")], pinned_signer="aa")
    assert isinstance(answer, Fit)
    assert sentence in answer.why


@pytest.mark.parametrize(
    ("newer", "sentence"),
    [
        ([{"min_sdk": 31}], "version 300 needs Android 12; you have 10"),
        ([{"abis": ("x86",)}], "version 300 made for x86; you have arm64-v8a, armeabi-v7a"),
        ([{"min_sdk": 31}, {"min_sdk": 30}], "version 300 needs Android 11; you have 10"),
        (
            [{"version_code": 200, "min_sdk": 31}, {"abis": ("x86",)}],
            "version 300 made for x86; you have arm64-v8a, armeabi-v7a",
        ),
    ],
)
def test_the_fit_says_why_it_is_not_the_newest_version(newer: list[dict[str, Any]], sentence: str) -> None:
    packages = [apk(str(number), **{"version_code": 300, **package}) for number, package in enumerate(newer)]
    answer = choose(phone(sdk_version=29), [*packages, apk("fits", version_code=100)])
    assert isinstance(answer, Fit)
    assert answer.why[-1] == sentence


def test_the_newest_version_that_fits_in_one_build_needs_no_excuse() -> None:
    packages = [apk("other", version_code=2, abis=("x86",)), apk("fits", version_code=2), apk("old", min_sdk=36)]
    answer = choose(phone(), packages)
    assert isinstance(answer, Fit)
    assert not any(sentence.startswith("version 2 made") for sentence in answer.why)


def test_the_fit_explains_only_what_the_device_told() -> None:
    answer = choose(phone(supported_abis=(), screen_density=None), [apk(abis=("x86",), densities=(480,))])
    assert isinstance(answer, Fit)
    assert answer.why == ("version 1 highest of 1 that fit", "SDK 34 at least 21")
