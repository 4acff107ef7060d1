"""What holds for every device and every split set, not only for the cases that somebody thought of."""

import dataclasses
from collections.abc import Iterable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from tests.unit.app_download.samples import apk
from tests.unit.app_download.split_sets.sets import module, serving, splits

from appshare.app_download.fitting.device_fit import Build, choose
from appshare.app_download.fitting.split_sets.abi import ABIS
from appshare.app_download.fitting.split_sets.selection import Selection
from appshare.app_download.fitting.split_sets.toc_fit import select
from appshare.app_download.model import DeviceProfile, Fit
from appshare.app_download.package_set import PackageSet
from appshare.app_download.table_of_contents import Delivery, Module, TableOfContents, Variant

SDKS = (21, 24, 29, 33)
LANGUAGES = ("en", "de")


def some(values: tuple[Any, ...], min_size: int = 0) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(st.sampled_from(values), min_size=min_size, unique=True).map(tuple)


profiles = st.builds(
    DeviceProfile,
    sdk_version=st.integers(16, 36),
    supported_abis=some(ABIS[:4], min_size=1),
    screen_density=st.none() | st.integers(0, 700),
    supported_locales=some(LANGUAGES),
)


@st.composite
def tables(draw: st.DrawFn) -> TableOfContents:
    """Variants by SDK, in each of them the same modules."""
    sdks = draw(some(SDKS, min_size=1))
    abis, densities = draw(some(ABIS[:4])), draw(some((120, 320, 480)))
    names = draw(some(("maps",)))

    def content(name: str, sdk: int) -> Module:
        dimensions = {"abi": abis, "density": densities, "language": LANGUAGES}
        apks = [each for dimension, values in dimensions.items() for each in splits(name, dimension, *values)]
        delivery = Delivery.INSTALL_TIME if name == "base" else draw(st.sampled_from(Delivery))
        made = module(name, *apks, delivery=delivery)
        paths = (dataclasses.replace(each, path=f"{each.path}@{sdk}") for each in made.apks)
        return dataclasses.replace(made, apks=tuple(paths))

    def variant(sdk: int) -> Variant:
        others = tuple(each for each in sdks if each != sdk)
        modules = tuple(content(name, sdk) for name in ("base", *names))
        return Variant(number=sdk, targeting=serving("sdk", sdk, *others), modules=modules)

    return TableOfContents(package_name="org.example.app", variants=tuple(map(variant, sdks)))


def of_all_parts(contents: TableOfContents) -> PackageSet:
    parts = (apk(path, min_sdk=1, signature_min_sdk=1) for path in sorted(contents.installable_paths()))
    return PackageSet(parts=tuple(parts), table_of_contents=contents)


def fits(profile: DeviceProfile, contents: TableOfContents) -> bool:
    return isinstance(select(profile, contents), Selection)


@given(profiles, tables())
def test_the_answer_is_files_of_one_variant_or_a_reason(profile: DeviceProfile, contents: TableOfContents) -> None:
    answer = select(profile, contents)
    if isinstance(answer, Selection):
        assert len({name.rpartition("@")[2] for name in answer.names}) == 1
        assert answer.why
    else:
        assert all(miss.package_wants for miss in answer)


@given(profiles, tables(), st.randoms(use_true_random=False))
def test_the_order_of_variants_and_modules_does_not_matter(
    profile: DeviceProfile, contents: TableOfContents, random: Any
) -> None:
    def shuffled(values: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(random.sample(values, k=len(values)))

    variants = (dataclasses.replace(each, modules=shuffled(each.modules)) for each in contents.variants)
    other = dataclasses.replace(contents, variants=shuffled(tuple(variants)))
    assert files(select(profile, other)) == files(select(profile, contents))


@given(profiles, tables(), st.sampled_from(ABIS[:4]))
def test_a_more_preferred_abi_never_makes_a_set_unfit(
    profile: DeviceProfile, contents: TableOfContents, abi: str
) -> None:
    richer = dataclasses.replace(
        profile, supported_abis=(abi, *(each for each in profile.supported_abis if each != abi))
    )
    assert fits(richer, contents) or not fits(profile, contents)


@given(profiles, tables())
def test_a_module_has_the_devices_first_abi_that_is_there_and_no_other(
    profile: DeviceProfile, contents: TableOfContents
) -> None:
    offered = configurations(contents.installable_paths()) & set(ABIS)
    chosen = configurations(files(select(profile, contents)))
    first = next((abi for abi in profile.supported_abis if abi in offered), None)
    assert chosen & set(ABIS) == ({first} if chosen and first else set())


@given(profiles, tables())
def test_a_module_has_one_density(profile: DeviceProfile, contents: TableOfContents) -> None:
    offered = any(map(str.isdecimal, configurations(contents.installable_paths())))
    chosen = configurations(files(select(profile, contents)))
    assert sum(map(str.isdecimal, chosen)) == int(bool(chosen) and offered)


@given(profiles, tables(), st.integers(1, 10))
def test_what_fits_a_device_fits_it_with_a_newer_android(
    profile: DeviceProfile, contents: TableOfContents, newer_by: int
) -> None:
    assert profile.sdk_version is not None
    newer = dataclasses.replace(profile, sdk_version=profile.sdk_version + newer_by)
    assert fits(newer, contents) or not fits(profile, contents)


@given(profiles, st.lists(tables(), max_size=2), st.integers(0, 2), st.randoms(use_true_random=False))
def test_the_order_of_the_builds_does_not_matter(
    profile: DeviceProfile, contents: list[TableOfContents], whole: int, random: Any
) -> None:
    builds: list[Build] = [*map(of_all_parts, contents), *(apk(f"whole-{number}") for number in range(whole))]
    shuffled = random.sample(builds, k=len(builds))
    one, other = choose(profile, builds), choose(profile, shuffled)
    assert isinstance(one, Fit) == isinstance(other, Fit)
    if isinstance(one, Fit) and isinstance(other, Fit):
        assert sorted(each.sha256 for each in one.artifacts) == sorted(each.sha256 for each in other.artifacts)


def files(answer: Selection | Any) -> set[str]:
    return set(answer.names) if isinstance(answer, Selection) else set()


def configurations(names: Iterable[str]) -> set[str]:
    """Of the base: `arm64-v8a` for `base-arm64-v8a@21`."""
    return {name.partition("@")[0].removeprefix("base-") for name in names if name.startswith("base-")}
