"""Which build of an app fits a device, when some of the builds are split sets."""

from typing import Any

import pytest
from tests.unit.app_download.samples import apk, phone
from tests.unit.app_download.split_sets.sets import held, module, part, splits, toc

from appshare.app_download.fitting.device_fit import choose
from appshare.app_download.model import Artifact, Fit, NoFit, NoFitKind, Platform
from appshare.app_download.package_set import PackageSet
from appshare.app_download.table_of_contents import TableOfContents


def listed(contents: TableOfContents | None = None, **manifest: Any) -> PackageSet:
    """A set with a table of contents, its parts made for it."""
    contents = contents or toc(module("base", *splits("base", "density", 160, 480)))
    paths = sorted(contents.installable_paths())
    return PackageSet(parts=tuple(_part(path, **manifest) for path in paths), table_of_contents=contents)


def _part(path: str, **manifest: Any) -> Artifact:
    name, _, config = path.partition("-")
    split_name = "" if name == "base" else name
    if config == "master":
        return apk(path, split_name=split_name, **manifest)
    return apk(path, split_name=f"config.{config}", config_for_split=split_name, target_sdk=1, **manifest)


def files(answer: Fit | NoFit) -> list[str]:
    return [artifact.file_name for artifact in answer.artifacts] if isinstance(answer, Fit) else []


def kinds(answer: Fit | NoFit) -> list[NoFitKind]:
    return [reason.kind for reason in answer.reasons] if isinstance(answer, NoFit) else []


def test_the_files_of_a_set_are_installed_together() -> None:
    assert files(choose(phone(), [listed()])) == ["base-master", "base-480"]


def test_the_answer_names_the_app_and_says_why() -> None:
    answer = choose(phone(), [listed(version_code=7, version_name="7.0", signer_sha256="aa")], "aa")
    assert isinstance(answer, Fit)
    assert (answer.package_name, answer.version_code, answer.version_name) == ("org.example.app", 7, "7.0")
    assert answer.why == (
        "version 7 highest of 1 that fit",
        "SDK 34 at least 21",
        "variant 0 for SDK 1 and up",
        "density 420 -> xxhdpi",
        "signer as pinned",
    )


def test_the_newest_that_fits_is_taken_whatever_its_kind() -> None:
    whole, with_toc, as_held = apk("whole", version_code=2), listed(version_code=1), held()
    assert files(choose(phone(), [whole, with_toc, as_held])) == ["whole"]
    newer = listed(toc(module("base", *splits("base", "abi", "mips"))), version_code=3)
    assert files(choose(phone(), [whole, with_toc, as_held, newer])) == ["whole"]


def test_of_one_version_the_kind_decides() -> None:
    whole, with_toc, as_held = apk("whole", size=1), listed(), held()
    assert files(choose(phone(), [as_held, whole, with_toc])) == ["base-master", "base-480"]
    assert files(choose(phone(), [as_held, whole])) == ["whole"]
    assert files(choose(phone(), [as_held])) == ["base.apk"]


def test_of_two_like_sets_the_smaller_one_for_the_device_is_taken() -> None:
    large, small = held(part("camera", size=10)), held(part("maps", size=9))
    assert files(choose(phone(), [large, small])) == files(choose(phone(), [small, large])) == ["base.apk", "maps.apk"]


@pytest.mark.parametrize(
    ("device", "manifest", "kind"),
    [
        ({"sdk_version": 35}, {"target_sdk": 23}, NoFitKind.TARGET_SDK),
        ({"sdk_version": 30}, {"max_sdk": 29}, NoFitKind.MAX_SDK),
        ({"sdk_version": 23}, {"signature_min_sdk": 24}, NoFitKind.MIN_SDK),
        ({"device_features": ("a",)}, {"required_features": ("nfc",)}, NoFitKind.FEATURE),
        ({}, {"signer_sha256": "bb"}, NoFitKind.SIGNER_CHANGED),
        ({"platform": Platform.IOS}, {}, NoFitKind.PLATFORM),
    ],
)
def test_what_the_parts_ask_for_the_device_has_to_have(
    device: dict[str, Any], manifest: dict[str, Any], kind: NoFitKind
) -> None:
    package_set = PackageSet(parts=(part("", **manifest),), table_of_contents=None)
    assert kinds(choose(phone(**device), [package_set], "aa" if kind is NoFitKind.SIGNER_CHANGED else None)) == [kind]


def test_configuration_splits_name_no_target_and_need_none() -> None:
    assert files(choose(phone(sdk_version=36), [listed()])) == ["base-master", "base-480"]


def test_the_reasons_of_all_kinds_of_builds_are_told() -> None:
    contents = toc(module("base", *splits("base", "abi", "x86")))
    answer = choose(phone(), [apk(abis=("mips",)), listed(contents), held(part("config.x86"))])
    assert isinstance(answer, NoFit)
    assert [str(reason) for reason in answer.reasons] == [
        "ABI device [arm64-v8a, armeabi-v7a] packages [mips, x86]",
        "MISSING_SPLIT device [] packages [module base dimension ABI]",
    ]


def test_a_set_without_the_devices_textures_says_so() -> None:
    contents = toc(module("base", *splits("base", "texture", "ASTC")))
    device = phone(gl_extensions=("GL_OES_compressed_ETC1_RGB8_texture",))
    answer = choose(device, [PackageSet(parts=(part(""),), table_of_contents=contents)])
    assert isinstance(answer, NoFit)
    assert answer.reasons[0].message == "has pictures in ASTC only; you have ETC1_RGB8"


def test_modules_are_of_sets_only() -> None:
    assert files(choose(phone(), [apk("whole")], modules=("camera",))) == ["whole"]
