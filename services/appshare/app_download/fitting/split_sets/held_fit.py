"""The files of a set as a phone holds it: without a table of contents, the manifests say what each part serves.

The names are Android's and bundletool's: a feature is a split of its name, a configuration split is `config.<x>` of the
base or `<feature>.config.<x>`, where `<x>` is an ABI with underscores, a density or a language.
"""

import re
from collections.abc import Collection, Iterator, Sequence

from appshare.app_download.fitting import density
from appshare.app_download.fitting.fit_rules import Miss
from appshare.app_download.fitting.split_sets.abi import ABIS
from appshare.app_download.fitting.split_sets.audience import with_defaults
from appshare.app_download.fitting.split_sets.selection import Selection
from appshare.app_download.fitting.split_sets.toc_fit import select_of_variant
from appshare.app_download.model import Artifact, DeviceProfile, NoFitKind, PackageManifest
from appshare.app_download.package_set import BASE, PackageSet
from appshare.app_download.table_of_contents import (
    ApkDescription,
    ApkKind,
    Defaults,
    Delivery,
    DeviceTargeting,
    Module,
    TableOfContents,
    Targeting,
    Variant,
)

_ABI_NAMES = {abi.replace("-", "_"): abi for abi in ABIS}
_LANGUAGE = re.compile(r"[a-z]{2,3}")


def select(profile: DeviceProfile, held: PackageSet, modules: Collection[str] = ()) -> Selection | tuple[Miss, ...]:
    """The files for a device, the base first, or every rule that keeps the set from it.

    The phone's modules are all taken: which of them it got at install time is not known any more.

    Args:
        profile: The device.
        held: A set without a table of contents.
        modules: Names of modules that have to be among them.
    """
    is_its_model = bool(held.device_model) and held.device_model == profile.model
    parts = sorted(held.parts, key=lambda part: part.manifest.split_name)
    variant = Variant(number=0, modules=tuple(_modules(parts, with_unknown=is_its_model)))
    toc = TableOfContents(package_name=held.base.package_name, variants=(variant,))
    selection = select_of_variant(with_defaults(profile, Defaults()), toc, variant, modules)
    if isinstance(selection, Selection) and (miss := _lacking([held.part(name).manifest for name in selection.names])):
        return (miss,)
    return selection


def _modules(parts: Sequence[Artifact], *, with_unknown: bool) -> Iterator[Module]:
    """A module per part that is no configuration split, together with those that are made for it."""
    for master in parts:
        name = master.manifest.split_name
        if master.manifest.config_for_split is None:
            own = [part for part in parts if part.manifest.config_for_split == name]
            apks = (_described(master, DeviceTargeting()), *_configurations(own, with_unknown=with_unknown))
            yield Module(name=name or BASE, delivery=Delivery.INSTALL_TIME, apks=apks)


def _configurations(splits: Sequence[Artifact], *, with_unknown: bool) -> Iterator[ApkDescription]:
    """The configuration splits of one module; one that is not understood serves the model that it came from only."""
    offered = [_configuration(split.manifest) for split in splits]
    for split, own in zip(splits, offered, strict=True):
        targeting = _targeting(own, offered)
        if targeting or with_unknown:
            yield _described(split, targeting or DeviceTargeting())


def _targeting(own: str, offered: Sequence[str]) -> DeviceTargeting | None:
    """What a configuration split serves; None if its name is not understood."""
    if own in _ABI_NAMES:
        siblings = tuple(_ABI_NAMES[name] for name in offered if name in _ABI_NAMES and name != own)
        return DeviceTargeting(abi=Targeting((_ABI_NAMES[own],), siblings))
    if own in density.BUCKETS:
        dpis = tuple(density.BUCKETS[name] for name in offered if name in density.BUCKETS and name != own)
        return DeviceTargeting(density=Targeting((density.BUCKETS[own],), dpis))
    return DeviceTargeting(language=Targeting((own,))) if _LANGUAGE.fullmatch(own) else None


def _configuration(manifest: PackageManifest) -> str:
    """`arm64_v8a` for the split `camera.config.arm64_v8a`."""
    return manifest.split_name.rpartition("config.")[2]


def _described(part: Artifact, targeting: DeviceTargeting) -> ApkDescription:
    return ApkDescription(path=part.file_name, kind=ApkKind.SPLIT, targeting=targeting)


def _lacking(chosen: Sequence[PackageManifest]) -> Miss | None:
    """What the chosen parts ask for and do not contribute: Android installs them only together with it."""
    required = {wanted for manifest in chosen for wanted in manifest.required_split_types}
    lacking = required - {given for manifest in chosen for given in manifest.split_types}
    if lacking:
        return Miss(NoFitKind.MISSING_SPLIT, (), tuple(f"split of the type {each}" for each in sorted(lacking)))
    if len(chosen) == 1 and chosen[0].requires_splits:
        return Miss(NoFitKind.MISSING_SPLIT, (), ("splits that the base requires",))
    return None
