"""From split sets that others built, each device gets the files that bundletool gives it."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from appshare.app_download.fitting.device_fit import choose
from appshare.app_download.fitting.split_sets import toc_fit
from appshare.app_download.fitting.split_sets.selection import Selection
from appshare.app_download.model import DeviceProfile, Fit, NoFit
from appshare.app_download.package_reader import ReadingLimits
from appshare.app_download.package_reading.set_reading import read_set
from appshare.app_download.package_set import PackageSet, plain_name

OTHERS = Path(__file__).parents[3] / "shared" / "data" / "apks"
ANSWERS = "bundletool_1.18.0_extract_apks"
NOT_HERE = pytest.param("", {}, {}, marks=pytest.mark.skip("the sets of others are not here: ../shared/data/apks"))


def cases() -> list[Any]:
    if not OTHERS.is_dir():
        return [NOT_HERE]
    truth = json.loads((OTHERS / "manifest.json").read_text())["split_sets"]
    return [
        pytest.param(each["file"], truth["device_specs"][name], answer, id=f"{each['file']}-{name}")
        for each in truth["sets"]
        for name, answer in each.get(ANSWERS, {}).items()
    ]


@cache
def package_set(file: str) -> PackageSet:
    # In this process, and once for all devices.
    with (OTHERS / file).open("rb") as content:
        return read_set(content, ReadingLimits())


def profile(spec: dict[str, Any]) -> DeviceProfile:
    return DeviceProfile(
        sdk_version=spec["sdkVersion"],
        supported_abis=tuple(spec["supportedAbis"]),
        screen_density=spec["screenDensity"],
        supported_locales=tuple(spec["supportedLocales"]),
        device_features=tuple(spec.get("deviceFeatures", ())),
    )


@pytest.mark.parametrize(("file", "spec", "answer"), cases())
def test_the_table_of_contents_gives_the_files_of_bundletool(
    file: str, spec: dict[str, Any], answer: dict[str, Any]
) -> None:
    toc = package_set(file).table_of_contents
    assert toc is not None
    selection = toc_fit.select(profile(spec), toc)
    names = sorted(map(plain_name, selection.names)) if isinstance(selection, Selection) else None
    assert names == answer.get("apks")


@pytest.mark.parametrize(("file", "spec", "answer"), cases())
def test_the_whole_answer_differs_only_where_android_refuses_what_bundletool_gives(
    file: str, spec: dict[str, Any], answer: dict[str, Any]
) -> None:
    found = choose(profile(spec), [package_set(file)])
    if isinstance(found, Fit):
        assert sorted(part.file_name for part in found.artifacts) == answer["apks"]
        assert sum(part.size for part in found.artifacts) == answer["bytes"]
    elif "apks" in answer:
        # The app targets Android 2.2, which no device from Android 14 on installs.
        assert kinds(found) == ["TARGET_SDK"]
        assert spec["sdkVersion"] >= 34


@pytest.mark.skipif(not OTHERS.is_dir(), reason="the sets of others are not here: ../shared/data/apks")
@pytest.mark.parametrize(
    ("abis", "dpi", "sdk", "files"),
    [
        (("arm64-v8a", "armeabi-v7a"), 420, 30, ["config.arm64_v8a.apk", "config.xxhdpi.apk"]),
        (("armeabi-v7a", "armeabi"), 240, 28, ["config.armeabi_v7a.apk", "config.hdpi.apk"]),
        (("x86",), 320, 23, ["config.x86.apk", "config.xhdpi.apk"]),
        (("mips",), 213, 16, ["config.mips.apk", "config.tvdpi.apk"]),
    ],
)
def test_a_set_as_a_phone_holds_it_gives_the_same_configurations(
    abis: tuple[str, ...], dpi: int, sdk: int, files: list[str]
) -> None:
    device = DeviceProfile(sdk_version=sdk, supported_abis=abis, screen_density=dpi, supported_locales=("en",))
    found = choose(device, [package_set("splitsets/ck_wrapped.xapk")])
    assert isinstance(found, Fit)
    assert [part.file_name for part in found.artifacts] == ["org.dyndns.fules.ck.apk", *files]


def kinds(answer: NoFit) -> list[str]:
    return [reason.kind for reason in answer.reasons]
