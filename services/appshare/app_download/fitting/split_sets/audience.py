"""What a developer divides devices and users by at will: device tiers, sets of countries, groups of devices."""

from dataclasses import replace

from appshare.app_download.model import DeviceProfile
from appshare.app_download.table_of_contents import Defaults, Targeting


def with_defaults(profile: DeviceProfile, defaults: Defaults) -> DeviceProfile:
    """The profile; what it leaves out is what the set takes such a device for."""
    return replace(
        profile,
        device_tier=defaults.device_tier if profile.device_tier is None else profile.device_tier,
        country_set=profile.country_set or defaults.country_set,
        device_groups=profile.device_groups or (defaults.device_group,),
    )


def matches_tier(profile: DeviceProfile, wanted: Targeting[int]) -> bool:
    """Whether the device is of one of the tiers."""
    return not wanted or profile.device_tier in wanted.value


def lacks_tier(profile: DeviceProfile, wanted: Targeting[int]) -> bool:
    """Whether neither this nor a sibling serves the device's tier."""
    return bool(wanted) and profile.device_tier not in wanted.everything


def matches_country(profile: DeviceProfile, wanted: Targeting[str]) -> bool:
    """Whether the user is in one of the sets of countries; without a country, whether this is for all others."""
    return not wanted or (profile.country_set in wanted.value if profile.country_set else not wanted.value)


def lacks_country(profile: DeviceProfile, wanted: Targeting[str]) -> bool:
    """Whether neither this nor a sibling serves the user's set of countries."""
    return bool(wanted and profile.country_set) and profile.country_set not in wanted.everything


def matches_group(profile: DeviceProfile, wanted: Targeting[str]) -> bool:
    """Whether the device is in one of the groups."""
    return not wanted or bool(set(wanted.value) & set(profile.device_groups))
