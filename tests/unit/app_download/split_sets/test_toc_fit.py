"""Which files of a set with a table of contents a device gets: variants, modules, packs of assets."""

from typing import Any

import pytest
from tests.unit.app_download.samples import phone
from tests.unit.app_download.split_sets.sets import (
    chosen,
    conditional,
    module,
    refused,
    serving,
    split,
    splits,
    toc,
    variant,
)

from appshare.app_download.fitting.split_sets.selection import Selection
from appshare.app_download.fitting.split_sets.toc_fit import select
from appshare.app_download.table_of_contents import (
    ApkKind,
    Defaults,
    Delivery,
    DeviceTargeting,
    Module,
    Targeting,
)

LAZY = Delivery.ON_DEMAND
VARIANTS = toc(
    variants=(
        variant(0, serving("sdk", 21, 24, 29)),
        variant(1, serving("sdk", 24, 21, 29)),
        variant(2, serving("sdk", 29, 21, 24)),
    )
)


@pytest.mark.parametrize(
    ("sdk", "file"), [(21, "base-0"), (23, "base-0"), (24, "base-1"), (28, "base-1"), (34, "base-2")]
)
def test_the_newest_variant_for_the_device_is_taken(sdk: int, file: str) -> None:
    assert chosen(phone(sdk_version=sdk), VARIANTS) == [file]


def test_a_device_that_no_variant_is_for_is_told_what_they_want() -> None:
    assert refused(phone(sdk_version=19), VARIANTS) == ["MIN_SDK 21"] * 3


def test_a_dimension_that_the_profile_leaves_out_decides_between_no_variants() -> None:
    by_abi = toc(variants=(variant(0, serving("abi", "x86", "mips")), variant(1, serving("abi", "mips", "x86"))))
    assert chosen(phone(supported_abis=("mips",)), by_abi) == ["base-1"]
    assert refused(phone(supported_abis=()), by_abi) == ["VARIANT 2 variants match"]


def test_density_and_texture_decide_between_variants() -> None:
    by_density = toc(variants=(variant(0, serving("density", 160, 480)), variant(1, serving("density", 480, 160))))
    assert chosen(phone(screen_density=420), by_density) == ["base-1"]


def test_no_variant_at_all_is_a_reason() -> None:
    assert refused(phone(), toc(variants=())) == ["VARIANT no variant matches"]


def test_instant_variants_are_not_for_installing() -> None:
    instant = Module(name="base", delivery=Delivery.INSTALL_TIME, apks=(split("instant", kind=ApkKind.INSTANT),))
    contents = toc(variants=(variant(0, serving("sdk", 21)), variant(1, serving("sdk", 21), modules=(instant,))))
    assert chosen(phone(), contents) == ["base-0"]
    assert contents.installable_paths() == {"base-0"}


@pytest.mark.parametrize(("sdk", "file"), [(33, "base-0"), (34, "base-1")])
def test_variants_for_the_sdk_runtime_come_first_where_it_is(sdk: int, file: str) -> None:
    contents = toc(variants=(variant(0), variant(1, requires_sdk_runtime=True)))
    assert chosen(phone(sdk_version=sdk), contents) == [file]
    assert chosen(phone(sdk_version=sdk, sdk_runtime=True), contents) == ["base-1"]
    assert chosen(phone(sdk_version=sdk, sdk_runtime=False), contents) == ["base-0"]


def test_modules_that_come_at_install_time_are_taken_the_others_by_name() -> None:
    contents = toc(
        module("base"), module("maps"), module("lazy", delivery=LAZY), module("late", delivery=Delivery.FAST_FOLLOW)
    )
    assert chosen(phone(), contents) == ["base-master", "maps-master"]
    assert chosen(phone(), contents, "lazy") == ["base-master", "maps-master", "lazy-master"]


def test_what_a_module_depends_on_comes_with_it() -> None:
    contents = toc(
        module("base"),
        module("c", delivery=LAZY),
        module("b", delivery=LAZY, dependencies=("c", "base")),
        module("a", delivery=LAZY, dependencies=("b",)),
    )
    assert chosen(phone(), contents, "a") == ["base-master", "c-master", "b-master", "a-master"]


def test_modules_that_depend_on_each_other_come_together() -> None:
    contents = toc(module("a", delivery=LAZY, dependencies=("b",)), module("b", delivery=LAZY, dependencies=("a",)))
    assert chosen(phone(), contents, "b") == ["a-master", "b-master"]


@pytest.mark.parametrize(
    ("device", "condition"),
    [
        ({"sdk_version": 28}, {"sdk": Targeting((28,))}),
        ({"device_features": ("nfc", "camera")}, {"features": (("camera", 0), ("nfc", 0))}),
        ({"device_features": ("feature:nfc=2",)}, {"features": (("nfc", 0),)}),
        ({"device_features": ()}, {"features": (("nfc", 0),)}),
        (
            {"device_features": ("reqGlEsVersion=0x30001",)},
            {"features": (("android.hardware.opengles.version", 0x30000),)},
        ),
        ({"device_groups": ("fast",)}, {"device_groups": ("fast", "large")}),
    ],
)
def test_a_module_whose_condition_holds_comes_at_install_time(
    device: dict[str, Any], condition: dict[str, Any]
) -> None:
    assert chosen(phone(**device), toc(module("base"), conditional("ar", **condition))) == ["base-master", "ar-master"]


@pytest.mark.parametrize(
    ("device", "condition"),
    [
        ({"sdk_version": 27}, {"sdk": Targeting((28,))}),
        ({"device_features": ("nfc",)}, {"features": (("camera", 0), ("nfc", 0))}),
        ({"device_features": ("nfc",)}, {"features": (("android.hardware.opengles.version", 0x30000),)}),
        (
            {"device_features": ("reqGlEsVersion=0x20000",)},
            {"features": (("android.hardware.opengles.version", 0x30000),)},
        ),
        ({"device_groups": ()}, {"device_groups": ("fast",)}),
    ],
)
def test_a_module_whose_condition_does_not_hold_comes_only_by_name(
    device: dict[str, Any], condition: dict[str, Any]
) -> None:
    contents = toc(module("base"), conditional("ar", **condition))
    assert chosen(phone(**device), contents) == ["base-master"]
    assert chosen(phone(**device), contents, "ar") == ["base-master", "ar-master"]


def test_a_module_that_does_not_exist_is_a_reason() -> None:
    contents = toc(module("base"), packs=(module("levels"),), fused_modules=("fused",))
    assert refused(phone(), contents, "levels", "fused", "maps", "ar") == ["MODULE ar, maps"]


def test_one_file_for_all_modules_cannot_be_divided() -> None:
    contents = toc(Module(name="base", delivery=Delivery.INSTALL_TIME, apks=(split("one", kind=ApkKind.STANDALONE),)))
    assert chosen(phone(), contents) == ["one"]
    assert refused(phone(), contents, "base") == ["MODULE base"]


def test_of_each_module_every_dimension_has_its_split() -> None:
    contents = toc(
        *(
            module(
                name,
                *splits(name, "abi", "x86", "arm64-v8a"),
                *splits(name, "density", 160, 480),
                *splits(name, "language", "en", "de"),
            )
            for name in ("base", "maps")
        )
    )
    device = phone(supported_locales=("de-CH", "en-GB", "fr"))
    assert chosen(device, contents) == [
        *("base-master", "base-arm64-v8a", "base-480", "base-en", "base-de"),
        *("maps-master", "maps-arm64-v8a", "maps-480", "maps-en", "maps-de"),
    ]


def test_a_language_that_is_missing_keeps_nothing_out() -> None:
    contents = toc(module("base", *splits("base", "language", "en")))
    assert chosen(phone(supported_locales=("de",)), contents) == ["base-master"]


def test_a_module_without_code_for_the_device_keeps_the_set_out() -> None:
    contents = toc(module("base", *splits("base", "abi", "arm64-v8a")), module("maps", *splits("maps", "abi", "x86")))
    assert refused(phone(), contents) == ["ABI x86", "MISSING_SPLIT module maps dimension ABI"]


def test_without_abis_in_the_profile_a_set_with_code_does_not_fit() -> None:
    contents = toc(module("base", *splits("base", "abi", "arm64-v8a")))
    assert refused(phone(supported_abis=()), contents) == ["MISSING_SPLIT module base dimension ABI"]


def test_density_splits_of_which_none_is_for_the_sdk_keep_the_set_out() -> None:
    newer = DeviceTargeting(density=Targeting((480,)), sdk=Targeting((36,), (21,)))
    assert refused(phone(), toc(module("base", split("base-480", newer)))) == [
        "MISSING_SPLIT module base dimension SCREEN_DENSITY"
    ]


def test_a_module_without_the_devices_tier_keeps_the_set_out() -> None:
    contents = toc(module("base", *splits("base", "device_tier", 0, 1)))
    assert refused(phone(device_tier=5), contents) == ["MISSING_SPLIT module base dimension DEVICE_TIER"]


def test_a_module_that_the_device_does_not_get_keeps_nothing_out() -> None:
    contents = toc(module("base"), module("maps", *splits("maps", "abi", "x86"), delivery=LAZY))
    assert chosen(phone(), contents) == ["base-master"]


def test_what_the_profile_leaves_out_is_what_the_set_takes_such_a_device_for() -> None:
    pack = module("levels", *splits("levels", "device_tier", 0, 1), *splits("levels", "country_set", "sea", "latam"))
    groups = module("sounds", *splits("sounds", "device_group", "slow", "fast"))
    defaults = Defaults(device_tier=1, country_set="latam", device_group="slow")
    assert chosen(phone(), toc(packs=(pack, groups), defaults=defaults)) == [
        *("base-master", "levels-master", "levels-1", "levels-latam", "sounds-master", "sounds-slow")
    ]
    assert chosen(phone(device_tier=0), toc(packs=(pack,))) == ["base-master", "levels-master", "levels-0"]


def test_asset_packs_that_come_at_install_time_are_taken_the_others_by_name() -> None:
    contents = toc(packs=(module("levels"), module("music", delivery=LAZY)))
    assert chosen(phone(), contents) == ["base-master", "levels-master"]
    assert chosen(phone(), contents, "music") == ["base-master", "levels-master", "music-master"]


def test_an_asset_pack_without_anything_for_the_device_keeps_nothing_out() -> None:
    contents = toc(packs=(module("levels", *splits("levels", "device_tier", 1, 2)),))
    assert chosen(phone(device_tier=0), contents) == ["base-master", "levels-master"]


def test_a_set_with_nothing_for_the_device_is_a_reason() -> None:
    assert refused(phone(), toc(module("lazy", delivery=LAZY))) == ["MISSING_SPLIT any file for this device"]


def test_the_answer_says_why() -> None:
    base = module(
        "base", *splits("base", "abi", "arm64-v8a"), *splits("base", "density", 480), *splits("base", "language", "en")
    )
    levels = module("levels", *splits("levels", "texture", "ASTC"))
    contents = toc(variants=(variant(3, serving("sdk", 24), modules=(base, module("maps"))),), packs=(levels,))
    device = phone(gl_extensions=("GL_KHR_texture_compression_astc_ldr",), supported_locales=("en-US", "de"))
    selection = select(device, contents)
    assert isinstance(selection, Selection)
    assert selection.why == (
        "variant 3 for SDK 24 and up",
        "modules base, maps",
        "ABI arm64-v8a first of 2",
        "density 420 -> xxhdpi",
        "languages en",
        "texture ASTC",
    )
