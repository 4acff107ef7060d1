"""Which modules of a variant a device gets, and which of their APKs."""

from collections.abc import Collection, Iterable, Iterator

from appshare.app_download.fitting.fit_rules import Miss
from appshare.app_download.fitting.split_sets import audience, sdk
from appshare.app_download.fitting.split_sets.dimensions import apk_matches, incompatible
from appshare.app_download.model import DeviceProfile, NoFitKind
from appshare.app_download.table_of_contents import (
    ApkDescription,
    ApkKind,
    Delivery,
    Module,
    ModuleCondition,
    TableOfContents,
    Variant,
)

_OPEN_GL = "android.hardware.opengles.version"
"""The condition whose version is that of OpenGL ES, which devices report as a feature of another name."""


def unknown(toc: TableOfContents, variant: Variant, asked: Collection[str]) -> Miss | None:
    """Why the modules that were asked for cannot be had of this variant; None if they can.

    A variant that is one file cannot be divided, whatever modules are in it.
    """
    if asked and variant.kinds & {ApkKind.STANDALONE, ApkKind.APEX}:
        return Miss(NoFitKind.MODULE, (), tuple(sorted(asked)))
    offered = {module.name for module in (*variant.modules, *toc.asset_packs)} | set(toc.fused_modules)
    lacking = set(asked) - offered
    return Miss(NoFitKind.MODULE, (), tuple(sorted(lacking))) if lacking else None


def wanted_modules(profile: DeviceProfile, variant: Variant, asked: Collection[str]) -> list[Module]:
    """Those that come at install time and whose conditions hold, those asked for, and all that they depend on."""
    dependencies = {module.name: module.dependencies for module in variant.modules}
    names = set(asked) | {module.name for module in variant.modules if _comes_at_once(profile, module)}
    waiting = list(names)
    while waiting:
        further = set(dependencies.get(waiting.pop(), ())) - names
        names |= further
        waiting.extend(further)
    return [module for module in variant.modules if module.name in names]


def wanted_asset_packs(toc: TableOfContents, asked: Collection[str]) -> list[Module]:
    """Those that come at install time, and those asked for."""
    return [pack for pack in toc.asset_packs if pack.delivery is Delivery.INSTALL_TIME or pack.name in asked]


def matching(profile: DeviceProfile, modules: Iterable[Module]) -> list[ApkDescription]:
    """The APKs for the device, in the order of the table of contents."""
    return [apk for module in modules for apk in module.apks if apk_matches(profile, apk.targeting)]


def incomplete(profile: DeviceProfile, module: Module) -> tuple[Miss, ...]:
    """What of a module the device would lack: it runs only with its native code, its pictures and its tier."""
    misses = [miss for apk in module.apks for miss in incompatible(profile, apk.targeting)]
    misses += [
        Miss(NoFitKind.MISSING_SPLIT, (), (f"module {module.name} dimension {dimension}",))
        for dimension in dict.fromkeys(_lacking(profile, module))
    ]
    return tuple(dict.fromkeys(misses))


def _lacking(profile: DeviceProfile, module: Module) -> Iterator[str]:
    kept = matching(profile, [module])
    for apk in module.apks:
        if apk.targeting.abi and not any(each.targeting.abi for each in kept):
            yield "ABI"
        if apk.targeting.density and not any(each.targeting.density for each in kept):
            yield "SCREEN_DENSITY"
        if audience.lacks_tier(profile, apk.targeting.device_tier):
            yield "DEVICE_TIER"
        if audience.lacks_country(profile, apk.targeting.country_set):
            yield "COUNTRY_SET"


def _comes_at_once(profile: DeviceProfile, module: Module) -> bool:
    return module.delivery is Delivery.INSTALL_TIME and _holds(profile, module.condition)


def _holds(profile: DeviceProfile, condition: ModuleCondition) -> bool:
    """Whether the device meets a module's conditions; of what the profile leaves out, all conditions hold."""
    if profile.sdk_version is not None and not sdk.matches(profile, condition.sdk):
        return False
    if condition.device_groups and not set(condition.device_groups) & set(profile.device_groups):
        return False
    return not profile.device_features or all(_has(profile, *feature) for feature in condition.features)


def _has(profile: DeviceProfile, feature: str, version: int) -> bool:
    if feature == _OPEN_GL:
        return (profile.gl_es_version or 0) >= version
    return feature in profile.features
