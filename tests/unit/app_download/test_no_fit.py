from typing import Any

import pytest
from tests.unit.app_download.samples import apk, phone
from tests.unit.app_download.split_sets.sets import module, splits, toc

from appshare.app_download.fitting.device_fit import choose
from appshare.app_download.fitting.no_fit import _SENTENCES
from appshare.app_download.model import (
    Artifact,
    DeviceProfile,
    NoFit,
    NoFitKind,
    NoFitReason,
    Platform,
    Screen,
    ScreenSize,
)
from appshare.app_download.package_set import PackageSet
from appshare.app_download.table_of_contents import TableOfContents


def reasons(device: DeviceProfile, *packages: Artifact, pinned_signer: str | None = None) -> tuple[NoFitReason, ...]:
    answer = choose(device, packages, pinned_signer)
    assert isinstance(answer, NoFit), answer
    return answer.reasons


@pytest.mark.parametrize(
    ("device", "package", "message", "line"),
    [
        (
            {"sdk_version": 29},
            {"min_sdk": 31},
            "needs Android 12; you have 10",
            "MIN_SDK device [29] packages [31]",
        ),
        (
            {"sdk_version": 34, "codename": "VanillaIceCream"},
            {"min_sdk": 10_000, "min_sdk_codename": "Baklava"},
            "needs Android Baklava; you have 14, VanillaIceCream",
            "MIN_SDK device [34, VanillaIceCream] packages [Baklava]",
        ),
        (
            {"sdk_version": 34},
            {"min_sdk": 77},
            "needs Android SDK 77; you have 14",
            "MIN_SDK device [34] packages [77]",
        ),
        (
            {"sdk_version": 34},
            {"max_sdk": 25},
            "made for Android up to 7.1; you have 14",
            "MAX_SDK device [34] packages [25]",
        ),
        (
            {"sdk_version": 34},
            {"target_sdk": 22},
            "made for Android 5.1; you have 14, which asks for 6.0 or newer",
            "TARGET_SDK device [34] packages [22]",
        ),
        (
            {"supported_abis": ("mips",)},
            {"abis": ("armeabi", "x86")},
            "made for armeabi, x86; you have mips",
            "ABI device [mips] packages [armeabi, x86]",
        ),
        (
            {"device_features": ("a",)},
            {"required_features": ("b", "a", "c")},
            "needs b, c, which you do not have",
            "FEATURE device [] packages [b, c]",
        ),
        (
            {"device_features": ("reqGlEsVersion=0x20000",)},
            {"gl_es_version": 0x30002},
            "needs OpenGL ES 3.2; you have 2.0",
            "GL_ES device [2.0] packages [3.2]",
        ),
        (
            {},
            {"compatible_screens": (Screen(ScreenSize.LARGE, 320),)},
            "made for screens of large 320 dpi; you have normal 420 dpi",
            "SCREEN device [normal 420 dpi] packages [large 320 dpi]",
        ),
        (
            {"platform": Platform.IOS},
            {},
            "made for android; you have ios",
            "PLATFORM device [ios] packages [android]",
        ),
    ],
)
def test_a_reason_speaks_to_a_person_and_names_the_facts(
    device: dict[str, Any], package: dict[str, Any], message: str, line: str
) -> None:
    (reason,) = reasons(phone(**device), apk(**package))
    assert (reason.message, str(reason)) == (message, line)


def test_a_changed_signer_names_both() -> None:
    (reason,) = reasons(phone(), apk(signer_sha256="bb"), pinned_signer="aa")
    assert str(reason) == "SIGNER_CHANGED device [aa] packages [bb]"
    assert reason.message == "signed by somebody else than the signer that is trusted"


@pytest.mark.parametrize(
    ("device", "contents", "modules", "message"),
    [
        (
            {"gl_extensions": ("GL_OES_compressed_ETC1_RGB8_texture",)},
            toc(module("base", *splits("base", "texture", "ASTC", "S3TC"))),
            (),
            "has pictures in ASTC, S3TC only; you have ETC1_RGB8",
        ),
        (
            {},
            toc(variants=()),
            (),
            "has a split set that is not clear about your device: no variant matches",
        ),
        ({}, toc(), ("camera",), "cannot be had with the modules camera"),
        (
            {"supported_abis": ()},
            toc(module("base", *splits("base", "abi", "x86"))),
            (),
            "lacks for your device: module base dimension ABI",
        ),
    ],
)
def test_a_set_says_what_it_lacks(
    device: dict[str, Any], contents: TableOfContents, modules: tuple[str, ...], message: str
) -> None:
    parts = tuple(apk(path) for path in {"base-master", *contents.installable_paths()})
    answer = choose(phone(**device), [PackageSet(parts=parts, table_of_contents=contents)], modules=modules)
    assert isinstance(answer, NoFit), answer
    assert [reason.message for reason in answer.reasons] == [message]


def test_every_rule_has_its_sentence() -> None:
    assert set(_SENTENCES) == set(NoFitKind) - {NoFitKind.NOT_IN_CATALOGUE}


def test_of_a_long_list_the_sentence_names_the_beginning_and_the_reason_all() -> None:
    screens = tuple(Screen(ScreenSize.LARGE, dpi) for dpi in range(100, 110))
    (reason,) = reasons(phone(), apk(compatible_screens=screens))
    assert reason.message.endswith("large 104 dpi, large 105 dpi and 4 more; you have normal 420 dpi")
    assert len(reason.packages_want) == 10


def test_a_reason_covers_all_packages_that_it_keeps_out() -> None:
    (reason,) = reasons(phone(sdk_version=19), apk("a", min_sdk=24), apk("b", min_sdk=9999), apk("c", min_sdk=21))
    assert reason.packages_want == ("21", "24", "9999")
    assert reason.message == "needs Android 5.0; you have 4.4"


def test_the_message_names_what_would_fit_and_not_what_fails_otherwise_too() -> None:
    other_abi = apk("other ABI", min_sdk=21, abis=("x86",))
    newer = apk("newer", min_sdk=24)
    by_kind = {reason.kind: reason for reason in reasons(phone(sdk_version=19), other_abi, newer)}
    assert by_kind[NoFitKind.MIN_SDK].message == "needs Android 7.0; you have 4.4"
    assert by_kind[NoFitKind.MIN_SDK].packages_want == ("21", "24")


def test_the_rule_that_keeps_out_the_most_packages_comes_first() -> None:
    packages = [apk("a", min_sdk=21), apk("b", min_sdk=9, max_sdk=16), apk("c", min_sdk=9, max_sdk=18)]
    assert [reason.kind for reason in reasons(phone(sdk_version=19), *packages)] == [
        NoFitKind.MAX_SDK,
        NoFitKind.MIN_SDK,
    ]


def test_every_broken_rule_of_a_package_is_named() -> None:
    package = apk(min_sdk=36, abis=("mips",), supports_screens=(ScreenSize.XLARGE,))
    assert [reason.kind for reason in reasons(phone(), package)] == [NoFitKind.MIN_SDK, NoFitKind.ABI, NoFitKind.SCREEN]


def test_a_feature_may_have_any_name() -> None:
    (reason,) = reasons(phone(device_features=("a",)), apk(required_features=("²", "{x}", "12")))
    assert reason.packages_want == ("12", "{x}", "²")
