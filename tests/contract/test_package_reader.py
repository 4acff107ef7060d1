"""What we read of real packages is what aapt reads of them."""

import json
from pathlib import Path
from typing import Any

import pytest
from benchmarks.reference.aapt import AAPT, READ_ALTHOUGH_AAPT_FAILS, REFUSED, differences

from appshare.app_download.model import Screen, ScreenSize
from appshare.app_download.package_reader import PackageRefused, ReadingLimits, read_package
from appshare.app_download.package_reading.reading import read

LIMITS = ReadingLimits()
PROJECT = Path(__file__).parents[2]
SAMPLES = PROJECT / "tests" / "packages"
OTHERS = PROJECT.parent / "shared" / "data" / "apks"

NOT_HERE = pytest.param({}, marks=pytest.mark.skip("the packages of others are not here: ../shared/data/apks"))


def packages_of_others(*, refused: bool) -> list[Any]:
    if not OTHERS.is_dir():
        return [NOT_HERE]
    packages = json.loads((OTHERS / "manifest.json").read_text())["packages"]
    return [pytest.param(each, id=each["file"]) for each in packages if (each["file"] in REFUSED) == refused]


def samples() -> list[Any]:
    truth = json.loads((SAMPLES / "packages.json").read_text())
    return [pytest.param(name, facts, id=name) for name, facts in truth.items()]


@pytest.mark.parametrize("package", packages_of_others(refused=False))
def test_a_package_is_read_as_aapt_reads_it(package: dict[str, Any]) -> None:
    with (OTHERS / package["file"]).open("rb") as file:
        # In this process: 200 others would take their time. Who signed it is a question of its own.
        manifest = read(file, LIMITS, require_signature=False)
    assert differences(manifest, package[AAPT]) == {}
    assert list(manifest.abis) == package["zip_native_abis"]


@pytest.mark.parametrize("package", packages_of_others(refused=False))
def test_a_package_that_is_read_is_one_that_aapt_reads(package: dict[str, Any]) -> None:
    assert package["aapt_rc"] == 0 or package["file"] in READ_ALTHOUGH_AAPT_FAILS


@pytest.mark.parametrize("package", packages_of_others(refused=True))
async def test_a_package_that_aapt_cannot_read_is_refused(package: dict[str, Any]) -> None:
    assert package["aapt_rc"] != 0
    with pytest.raises(PackageRefused) as refused:
        await read_package(OTHERS / package["file"], LIMITS)
    assert refused.value.reason == REFUSED[package["file"]]


@pytest.mark.parametrize(("name", "truth"), samples())
async def test_a_sample_package_is_read_as_its_recipe_describes_it(name: str, truth: dict[str, Any]) -> None:
    manifest = await read_package(SAMPLES / name, LIMITS)
    screens = {Screen(size, dpi) for size in ScreenSize for dpi in truth["densities"]}
    assert set(manifest.compatible_screens) == screens
    read_of_it = {
        "package": manifest.package_name,
        "version_code": manifest.version_code,
        "version_name": manifest.version_name,
        "label": manifest.label,
        "min_sdk": manifest.min_sdk,
        "max_sdk": manifest.max_sdk,
        "target_sdk": manifest.target_sdk,
        "abis": list(manifest.abis),
        "features": list(manifest.required_features),
    }
    assert {name: truth[name] for name in read_of_it} == read_of_it
