"""Which files of a set as a phone holds it another phone gets."""

from collections.abc import Iterable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from tests.unit.app_download.samples import phone
from tests.unit.app_download.split_sets.sets import held, part

from appshare.app_download.fitting.split_sets.held_fit import select
from appshare.app_download.fitting.split_sets.selection import Selection
from appshare.app_download.model import Artifact, DeviceProfile
from appshare.app_download.package_set import PackageSet

SPLITS = (
    *(
        "config.arm64_v8a",
        "config.armeabi_v7a",
        "config.x86",
        "config.hdpi",
        "config.xxhdpi",
        "config.de",
        "config.fil",
    ),
    *("camera", "camera.config.arm64_v8a", "camera.config.x86", "camera.config.xhdpi", "camera.config.de"),
)
FULL = held(*map(part, SPLITS))


def names(profile: DeviceProfile, package_set: PackageSet, *asked: str) -> list[str]:
    selection = select(profile, package_set, asked)
    return [name.removesuffix(".apk") for name in selection.names] if isinstance(selection, Selection) else []


def refused(profile: DeviceProfile, package_set: PackageSet, *asked: str) -> list[str]:
    selection = select(profile, package_set, asked)
    assert not isinstance(selection, Selection)
    return [f"{miss.kind} {', '.join(miss.package_wants)}" for miss in selection]


def test_each_module_has_one_abi_one_density_and_the_languages_of_the_device() -> None:
    assert names(phone(supported_locales=("de-DE", "fil-PH", "en")), FULL) == [
        *("base", "config.arm64_v8a", "config.de", "config.fil", "config.xxhdpi"),
        *("camera", "camera.config.arm64_v8a", "camera.config.de", "camera.config.xhdpi"),
    ]


def test_an_abi_that_a_module_lacks_keeps_the_set_out() -> None:
    assert refused(phone(supported_abis=("armeabi-v7a",)), FULL) == [
        *("ABI arm64-v8a, x86", "MISSING_SPLIT module camera dimension ABI")
    ]


def test_a_set_without_code_fits_every_abi() -> None:
    assert names(phone(supported_abis=("mips",)), held(part("config.de"))) == ["base"]


def test_a_configuration_that_is_not_understood_is_for_the_phone_that_it_comes_from() -> None:
    package_set = held(part("config.tcf_astc"), device_model="Pixel 8")
    assert names(phone(model="Pixel 8"), package_set) == ["base", "config.tcf_astc"]
    assert names(phone(model="Pixel 9"), package_set) == ["base"]


def test_a_configuration_that_is_not_understood_is_for_nobody_if_its_phone_is_not_known() -> None:
    assert names(phone(model=""), held(part("config.tcf_astc"))) == ["base"]


def test_a_configuration_of_a_module_that_is_not_there_is_left_out() -> None:
    assert names(phone(), held(part("ar.config.arm64_v8a"))) == ["base"]


def test_the_manifest_says_what_a_part_is_not_its_file() -> None:
    abi = part("odd.config.arm64_v8a", config_for_split="")
    assert names(phone(), held(abi)) == ["base", "odd.config.arm64_v8a"]
    assert names(phone(supported_abis=("x86",)), held(abi)) == []


def test_what_the_base_requires_has_to_be_there() -> None:
    def package_set(*parts: Artifact) -> PackageSet:
        return PackageSet(parts=(part("", required_split_types=("base__abi", "base__density")), *parts))

    abi = part("config.arm64_v8a", split_types=("base__abi",))
    dpi = part("config.xxhdpi", split_types=("base__density",))
    assert names(phone(), package_set(abi, dpi)) == ["base", "config.arm64_v8a", "config.xxhdpi"]
    assert refused(phone(), package_set(abi)) == ["MISSING_SPLIT split of the type base__density"]


def test_a_base_that_requires_splits_does_not_come_alone() -> None:
    base = part("", requires_splits=True)
    assert refused(phone(), PackageSet(parts=(base,))) == ["MISSING_SPLIT splits that the base requires"]
    assert names(phone(), PackageSet(parts=(base, part("config.xxhdpi")))) == ["base", "config.xxhdpi"]


def test_a_module_that_was_asked_for_has_to_be_there() -> None:
    assert names(phone(), held(part("camera")), "camera") == ["base", "camera"]
    assert refused(phone(), held(part("camera")), "maps") == ["MODULE maps"]


@given(st.permutations(FULL.parts), st.sets(st.sampled_from(("de", "fil", "en"))))
def test_the_order_of_the_parts_does_not_matter(parts: Iterable[Any], locales: set[str]) -> None:
    device = phone(supported_locales=tuple(sorted(locales)))
    assert select(device, PackageSet(parts=tuple(parts))) == select(device, FULL)
