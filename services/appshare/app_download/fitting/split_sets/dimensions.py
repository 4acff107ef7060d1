"""All dimensions together: is an APK, or a variant, for a device?"""

from appshare.app_download.fitting.fit_rules import Miss
from appshare.app_download.fitting.split_sets import abi, audience, language, screen, sdk, texture
from appshare.app_download.model import DeviceProfile
from appshare.app_download.table_of_contents import DeviceTargeting


def apk_matches(profile: DeviceProfile, wanted: DeviceTargeting) -> bool:
    """Whether an APK is for the device in every dimension, also in those that the profile leaves out."""
    return (
        sdk.matches(profile, wanted.sdk)
        and abi.matches(profile, wanted.abi)
        and abi.matches_several(profile, wanted.multi_abi)
        and screen.matches(profile, wanted.density)
        and language.matches(profile, wanted.language)
        and texture.matches(profile, wanted.texture)
        and audience.matches_tier(profile, wanted.device_tier)
        and audience.matches_country(profile, wanted.country_set)
        and audience.matches_group(profile, wanted.device_group)
    )


def variant_matches(profile: DeviceProfile, wanted: DeviceTargeting) -> bool:
    """Whether a variant is for the device in every dimension that the profile does not leave out."""
    return (
        (profile.sdk_version is None or sdk.matches(profile, wanted.sdk))
        and (not profile.supported_abis or abi.matches(profile, wanted.abi))
        and (not profile.supported_abis or abi.matches_several(profile, wanted.multi_abi))
        and (not profile.screen_density or screen.matches(profile, wanted.density))
        and (not profile.gl_extensions or texture.matches(profile, wanted.texture))
    )


def incompatible(profile: DeviceProfile, wanted: DeviceTargeting) -> tuple[Miss, ...]:
    """Where neither this nor a sibling is for the device; density and language never keep a device out."""
    found = (
        sdk.miss(profile, wanted.sdk),
        abi.miss(profile, wanted.abi),
        abi.miss_several(profile, wanted.multi_abi),
        texture.miss(profile, wanted.texture),
    )
    return tuple(miss for miss in found if miss)
