"""Processors: one ABI of the device's own order (bundletool's AbiMatcher), or several at once (MultiAbiMatcher)."""

from appshare.app_download.fitting.fit_rules import Miss
from appshare.app_download.fitting.split_sets.preference import first_is_own
from appshare.app_download.model import DeviceProfile, NoFitKind
from appshare.app_download.table_of_contents import Targeting

ABIS = ("armeabi", "armeabi-v7a", "arm64-v8a", "x86", "x86_64", "mips", "mips64", "riscv64")
"""Android's, from the least able on; a set of ABIs is compared by its best one first."""


def matches(profile: DeviceProfile, wanted: Targeting[str]) -> bool:
    """Whether this serves the first of the device's ABIs that is served at all."""
    return first_is_own(profile.supported_abis, wanted)


def miss(profile: DeviceProfile, wanted: Targeting[str]) -> Miss | None:
    """Why neither this nor a sibling has code for the device; None if one has, or if the profile names no ABI."""
    if not wanted or not profile.supported_abis or wanted.everything & set(profile.supported_abis):
        return None
    return Miss(NoFitKind.ABI, profile.supported_abis, tuple(sorted(wanted.everything, key=_rank)))


def matches_several(profile: DeviceProfile, wanted: Targeting[tuple[str, ...]]) -> bool:
    """Whether the device has all ABIs of one of the sets, and of no greater set of a sibling."""
    if not wanted:
        return True
    present = set(profile.supported_abis)
    greatest = max(map(_greatness, wanted.value), default=[])
    better = (sibling for sibling in wanted.alternatives if _greatness(sibling) > greatest)
    return any(present.issuperset(own) for own in wanted.value) and not any(map(present.issuperset, better))


def miss_several(profile: DeviceProfile, wanted: Targeting[tuple[str, ...]]) -> Miss | None:
    """Why the device has not all ABIs of any set; None if it has, or if the profile names no ABI."""
    present = set(profile.supported_abis)
    if not wanted or not present or any(map(present.issuperset, wanted.everything)):
        return None
    return Miss(NoFitKind.ABI, profile.supported_abis, tuple(sorted("+".join(abis) for abis in wanted.everything)))


def _greatness(abis: tuple[str, ...]) -> list[int]:
    return sorted(map(_rank, abis), reverse=True)


def _rank(abi: str) -> int:
    return ABIS.index(abi) if abi in ABIS else len(ABIS)
