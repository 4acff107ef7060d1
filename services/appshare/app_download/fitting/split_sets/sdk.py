"""The lowest SDK that something is for (bundletool's SdkVersionMatcher)."""

from appshare.app_download.fitting.fit_rules import Miss
from appshare.app_download.model import SDK_IN_DEVELOPMENT, DeviceProfile, NoFitKind
from appshare.app_download.table_of_contents import Targeting


def matches(profile: DeviceProfile, wanted: Targeting[int]) -> bool:
    """Whether the device is new enough, and no sibling that it is new enough for asks for more."""
    lowest = _lowest(wanted)
    better = (sibling for sibling in wanted.alternatives if sibling > lowest)
    return _fits(profile, lowest) and not any(_fits(profile, sibling) for sibling in better)


def miss(profile: DeviceProfile, wanted: Targeting[int]) -> Miss | None:
    """Why neither this nor a sibling is for the device; None if one of them is, or if the profile names no SDK."""
    levels = {_lowest(wanted), *wanted.alternatives}
    if profile.sdk_version is None or any(_fits(profile, level) for level in levels):
        return None
    return Miss(NoFitKind.MIN_SDK, (str(profile.sdk_version),), (str(min(levels)),))


def _lowest(wanted: Targeting[int]) -> int:
    return wanted.value[0] if wanted.value else 0


def _fits(profile: DeviceProfile, lowest: int) -> bool:
    if profile.codename and lowest == SDK_IN_DEVELOPMENT:
        return True
    return lowest <= (profile.sdk_version or 0)
