"""What holds for every device and every catalogue, not only for the cases that somebody thought of."""

import dataclasses
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from appshare.app_download.fitting.device_fit import choose
from appshare.app_download.model import Artifact, DeviceProfile, Fit, NoFit, PackageManifest, Screen, ScreenSize

ABIS = ("armeabi-v7a", "arm64-v8a", "x86", "x86_64")
FEATURES = ("android.hardware.nfc", "android.hardware.camera", "reqGlEsVersion=0x30000")


NONE_FITS = -1


def subset_of(values: tuple[Any, ...], min_size: int = 0) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(st.sampled_from(values), min_size=min_size, unique=True).map(tuple)


def devices(abis: st.SearchStrategy[tuple[str, ...]]) -> st.SearchStrategy[DeviceProfile]:
    return st.builds(
        DeviceProfile,
        sdk_version=st.integers(24, 33) | st.integers(1, 40),
        codename=st.sampled_from(("", "Baklava")),
        supported_abis=abis,
        screen_density=st.none() | st.integers(0, 700),
        screen_width_px=st.none() | st.integers(200, 3000),
        screen_height_px=st.none() | st.integers(200, 3000),
        device_features=subset_of(FEATURES),
    )


profiles = devices(subset_of(ABIS))
profiles_with_abis = devices(subset_of(ABIS, min_size=1))
screens = st.builds(Screen, size=st.sampled_from(ScreenSize), density=st.sampled_from((160, 320, 480)))
manifests = st.builds(
    PackageManifest,
    package_name=st.just("org.example.app"),
    version_code=st.integers(0, 3),
    min_sdk=st.integers(1, 24) | st.integers(1, 36),
    min_sdk_codename=st.sampled_from(("", "", "", "Baklava")),
    target_sdk=st.integers(20, 36),
    max_sdk=st.none() | st.none() | st.integers(20, 40),
    abis=subset_of(ABIS),
    densities=subset_of((160, 320, 480, 0xFFFE)),
    supports_screens=st.just(tuple(ScreenSize)) | subset_of(tuple(ScreenSize)),
    compatible_screens=st.just(()) | st.lists(screens, max_size=3).map(tuple),
    required_features=subset_of(FEATURES[:2]),
    gl_es_version=st.sampled_from((None, 0x20000, 0x30002)),
    signer_sha256=st.sampled_from(("aa", "bb", "")),
)
catalogues = st.lists(
    st.builds(
        Artifact,
        sha256=st.integers(0, 10**6).map(str),
        size=st.integers(1, 3),
        file_name=st.just("app.apk"),
        manifest=manifests,
    ),
    max_size=8,
    unique_by=lambda artifact: artifact.sha256,
)
pins = st.sampled_from((None, "aa"))


@given(profiles, catalogues, pins, st.randoms(use_true_random=False))
def test_the_order_of_the_packages_does_not_matter(
    device: DeviceProfile, packages: list[Artifact], pin: str | None, random: Any
) -> None:
    shuffled = random.sample(packages, k=len(packages))
    assert choose(device, shuffled, pin) == choose(device, packages, pin)


@given(profiles, catalogues, pins)
def test_the_answer_is_a_package_or_a_reason(device: DeviceProfile, packages: list[Artifact], pin: str | None) -> None:
    answer = choose(device, packages, pin)
    if isinstance(answer, NoFit):
        assert answer.reasons
        assert all(reason.message for reason in answer.reasons)
    else:
        assert answer.why
        assert set(answer.artifacts) <= set(packages)


@given(profiles, catalogues, pins)
def test_nothing_fits_exactly_when_no_package_fits_alone(
    device: DeviceProfile, packages: list[Artifact], pin: str | None
) -> None:
    alone = [isinstance(choose(device, [package], pin), Fit) for package in packages]
    assert isinstance(choose(device, packages, pin), Fit) == any(alone)


@given(profiles, catalogues)
def test_the_choice_is_the_newest_that_fits_alone(device: DeviceProfile, packages: list[Artifact]) -> None:
    alone = [version(choose(device, [package])) for package in packages]
    assert version(choose(device, packages)) == max(alone, default=NONE_FITS)


@given(profiles_with_abis, catalogues, st.sampled_from(ABIS))
def test_a_more_preferred_abi_never_makes_the_version_lower(
    device: DeviceProfile, packages: list[Artifact], abi: str
) -> None:
    others = tuple(known for known in device.supported_abis if known != abi)
    richer = dataclasses.replace(device, supported_abis=(abi, *others))
    assert version(choose(richer, packages)) >= version(choose(device, packages))


@given(profiles, catalogues, st.integers(1, 10))
def test_a_newer_android_keeps_what_fits_but_for_upper_limits_and_old_targets(
    device: DeviceProfile, packages: list[Artifact], newer_by: int
) -> None:
    unlimited = [
        dataclasses.replace(package, manifest=dataclasses.replace(package.manifest, max_sdk=None, target_sdk=36))
        for package in packages
    ]
    assert device.sdk_version is not None
    newer = dataclasses.replace(device, sdk_version=device.sdk_version + newer_by)
    assert version(choose(newer, unlimited)) >= version(choose(device, unlimited))


@given(profiles_with_abis, catalogues)
def test_the_abi_of_the_choice_is_one_of_the_devices(device: DeviceProfile, packages: list[Artifact]) -> None:
    answer = choose(device, packages)
    chosen = answer.artifacts if isinstance(answer, Fit) else ()
    assert all(set(each.manifest.abis) & set(device.supported_abis) for each in chosen if each.manifest.abis)


def version(answer: Fit | NoFit) -> int:
    return answer.version_code if isinstance(answer, Fit) else NONE_FITS
