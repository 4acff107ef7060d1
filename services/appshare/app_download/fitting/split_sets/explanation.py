"""Why these files of a set: one sentence per dimension that decided."""

from collections.abc import Iterator, Sequence

from appshare.app_download.fitting import density
from appshare.app_download.fitting.split_sets import language
from appshare.app_download.model import DeviceProfile
from appshare.app_download.table_of_contents import ApkDescription, Module, Variant


def explain(
    profile: DeviceProfile, variant: Variant, modules: Sequence[Module], apks: Sequence[ApkDescription]
) -> Iterator[str]:
    """The sentences on the modules of the variant and on what decided between their files."""
    if len(variant.modules) > 1:
        yield f"modules {', '.join(module.name for module in modules)}"
    targetings = [variant.targeting, *(apk.targeting for apk in apks)]
    yield from _abi(profile, {abi for each in targetings for abi in each.abi.value})
    yield from _density(profile, {dpi for each in targetings for dpi in each.density.value})
    yield from _languages(profile, {code for each in targetings for code in each.language.value})
    for texture in sorted({name for each in targetings for name in each.texture.value}):
        yield f"texture {texture}"


def _abi(profile: DeviceProfile, served: set[str]) -> Iterator[str]:
    """`ABI arm64-v8a first of 2`: its place in the device's order."""
    for rank, abi in enumerate(profile.supported_abis):
        if abi in served:
            place = "first" if rank == 0 else f"number {rank + 1}"
            yield f"ABI {abi} {place} of {len(profile.supported_abis)}"
            return


def _density(profile: DeviceProfile, served: set[int]) -> Iterator[str]:
    """`density 420 -> xxhdpi`."""
    if served:
        device = profile.screen_density or density.DEFAULT
        yield f"density {device} -> {density.name(density.best(device, served))}"


def _languages(profile: DeviceProfile, served: set[str]) -> Iterator[str]:
    """`languages de, fr`: those of the device that the set has."""
    spoken = language.languages(profile) & set(map(language.subtag, served))
    if spoken:
        yield f"languages {', '.join(sorted(spoken))}"
