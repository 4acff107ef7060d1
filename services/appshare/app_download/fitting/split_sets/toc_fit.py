"""The files of a set with a table of contents that a device gets: those that bundletool would extract for it."""

from collections.abc import Collection
from dataclasses import replace

from appshare.app_download.fitting.fit_rules import Miss
from appshare.app_download.fitting.split_sets.audience import with_defaults
from appshare.app_download.fitting.split_sets.dimensions import incompatible, variant_matches
from appshare.app_download.fitting.split_sets.explanation import explain
from appshare.app_download.fitting.split_sets.modules import (
    incomplete,
    matching,
    unknown,
    wanted_asset_packs,
    wanted_modules,
)
from appshare.app_download.fitting.split_sets.selection import Selection
from appshare.app_download.model import DeviceProfile, NoFitKind
from appshare.app_download.table_of_contents import TableOfContents, Variant

_SDK_RUNTIME_SINCE = 34
"""Unless they say otherwise, devices from this SDK on run libraries as SDKs of their own, as some variants require."""


def select(profile: DeviceProfile, toc: TableOfContents, modules: Collection[str] = ()) -> Selection | tuple[Miss, ...]:
    """The files for a device, in the order of the table of contents, or every rule that keeps the set from it.

    Args:
        profile: The device.
        toc: What the set says of its files.
        modules: Names of modules to install besides those that come at install time.
    """
    profile = with_defaults(profile, toc.defaults)
    variant = _variant(profile, list(toc.installable_variants()))
    if not isinstance(variant, Variant):
        return variant
    selection = select_of_variant(profile, toc, variant, modules)
    if not isinstance(selection, Selection):
        return selection
    lowest_sdk = max(variant.targeting.sdk.value, default=0) or 1
    return replace(selection, why=(f"variant {variant.number} for SDK {lowest_sdk} and up", *selection.why))


def select_of_variant(
    profile: DeviceProfile, toc: TableOfContents, variant: Variant, modules: Collection[str]
) -> Selection | tuple[Miss, ...]:
    """The same, once the variant is known."""
    if miss := unknown(toc, variant, modules):
        return (miss,)
    chosen = wanted_modules(profile, variant, modules)
    if misses := tuple(miss for module in chosen for miss in incomplete(profile, module)):
        return misses
    apks = matching(profile, [*chosen, *wanted_asset_packs(toc, modules)])
    if not apks:
        return (Miss(NoFitKind.MISSING_SPLIT, (), ("any file for this device",)),)
    return Selection(tuple(dict.fromkeys(apk.path for apk in apks)), tuple(explain(profile, variant, chosen, apks)))


def _variant(profile: DeviceProfile, variants: list[Variant]) -> Variant | tuple[Miss, ...]:
    """The one variant for the device; those that need the SDK runtime come first on devices that have it."""
    has_runtime = profile.sdk_runtime
    if has_runtime is None:
        has_runtime = (profile.sdk_version or 0) >= _SDK_RUNTIME_SINCE
    for needs_runtime in (True, False) if has_runtime else (False,):
        candidates = [variant for variant in variants if variant.requires_sdk_runtime == needs_runtime]
        if misses := tuple(miss for variant in candidates for miss in incompatible(profile, variant.targeting)):
            return misses
        matches = [variant for variant in candidates if variant_matches(profile, variant.targeting)]
        if matches:
            return matches[0] if len(matches) == 1 else _unclear(f"{len(matches)} variants match")
    return _unclear("no variant matches")


def _unclear(fact: str) -> tuple[Miss, ...]:
    return (Miss(NoFitKind.VARIANT, (), (fact,)),)
