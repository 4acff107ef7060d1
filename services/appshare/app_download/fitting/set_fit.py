"""Which parts of a split set a device gets, with or without a table of contents."""

from collections.abc import Collection, Set

from appshare.app_download.fitting.fit_rules import Miss, misses
from appshare.app_download.fitting.split_sets import held_fit, toc_fit
from appshare.app_download.fitting.split_sets.selection import Selection
from appshare.app_download.model import DeviceProfile, NoFitKind, Platform
from appshare.app_download.package_set import PackageSet
from appshare.app_download.signer_pin import SignerPin


def select(
    profile: DeviceProfile,
    package_set: PackageSet,
    pinned_signer: SignerPin | None,
    modules: Collection[str],
    lifted: Set[NoFitKind] = frozenset(),
) -> Selection | tuple[Miss, ...]:
    """The parts to install together, or every rule that keeps the set from the device.

    The table of contents chooses the parts; what their manifests ask of a device, the device has to have as well.
    """
    if profile.platform is not Platform.ANDROID:
        return misses(profile, package_set.base, pinned_signer)
    selection = _select(profile, package_set, modules)
    if not isinstance(selection, Selection):
        return selection
    manifests = [package_set.part(name).manifest for name in selection.names]
    masters = [manifest for manifest in manifests if manifest.config_for_split is None]
    broken = dict.fromkeys(miss for manifest in masters for miss in misses(profile, manifest, pinned_signer, lifted))
    return tuple(broken) or selection


def _select(profile: DeviceProfile, package_set: PackageSet, modules: Collection[str]) -> Selection | tuple[Miss, ...]:
    if package_set.table_of_contents is None:
        return held_fit.select(profile, package_set, modules)
    return toc_fit.select(profile, package_set.table_of_contents, modules)
