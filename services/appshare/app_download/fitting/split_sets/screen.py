"""Screen densities: Android's rule for resources decides between the offers (bundletool's ScreenDensityMatcher)."""

from appshare.app_download.fitting import density
from appshare.app_download.model import DeviceProfile
from appshare.app_download.table_of_contents import Targeting


def matches(profile: DeviceProfile, wanted: Targeting[int]) -> bool:
    """Whether this serves the best of all densities that are served; a density fits every screen."""
    return not wanted or density.best(profile.screen_density or density.DEFAULT, wanted.everything) in wanted.value
