"""Split sets to decide about: pass what matters to the test."""

from typing import Any

from tests.unit.app_download.samples import apk

from appshare.app_download.fitting.split_sets.selection import Selection
from appshare.app_download.fitting.split_sets.toc_fit import select
from appshare.app_download.model import Artifact, DeviceProfile
from appshare.app_download.package_set import PackageSet
from appshare.app_download.table_of_contents import (
    ApkDescription,
    ApkKind,
    Delivery,
    DeviceTargeting,
    Module,
    ModuleCondition,
    TableOfContents,
    Targeting,
    Variant,
)


def serving(dimension: str, own: Any, *siblings: Any) -> DeviceTargeting:
    """The targeting of something that serves one value, while its siblings serve others."""
    return DeviceTargeting(**{dimension: Targeting((own,), siblings)})


def split(path: str, targeting: DeviceTargeting | None = None, kind: ApkKind = ApkKind.SPLIT) -> ApkDescription:
    return ApkDescription(path=path, kind=kind, targeting=targeting or DeviceTargeting())


def splits(module: str, dimension: str, *values: Any) -> tuple[ApkDescription, ...]:
    """A split for each value; every one knows of the others."""
    return tuple(
        split(f"{module}-{value}", serving(dimension, value, *(each for each in values if each != value)))
        for value in values
    )


def module(name: str, *apks: ApkDescription, **what_matters: Any) -> Module:
    """A module with a master and other splits."""
    fields: dict[str, Any] = {"delivery": Delivery.INSTALL_TIME, **what_matters}
    return Module(name=name, apks=(split(f"{name}-master"), *apks), **fields)


def conditional(name: str, **condition: Any) -> Module:
    return module(name, condition=ModuleCondition(**condition))


def toc(*modules: Module, packs: tuple[Module, ...] = (), **what_matters: Any) -> TableOfContents:
    """A table of contents with one variant."""
    variant = Variant(number=0, modules=modules or (module("base"),))
    fields: dict[str, Any] = {"variants": (variant,), **what_matters}
    return TableOfContents(package_name="org.example.app", asset_packs=packs, **fields)


def variant(number: int, targeting: DeviceTargeting | None = None, **what_matters: Any) -> Variant:
    """A variant whose only file bears its number."""
    base = Module(name="base", delivery=Delivery.INSTALL_TIME, apks=(split(f"base-{number}"),))
    fields: dict[str, Any] = {"modules": (base,), **what_matters}
    return Variant(number=number, targeting=targeting or DeviceTargeting(), **fields)


def chosen(profile: DeviceProfile, contents: TableOfContents, *asked: str) -> list[str]:
    """The files for a device, none if the set is not for it."""
    selection = select(profile, contents, asked)
    return list(selection.names) if isinstance(selection, Selection) else []


def refused(profile: DeviceProfile, contents: TableOfContents, *asked: str) -> list[str]:
    """What keeps the set from a device, as kind and what is wanted."""
    selection = select(profile, contents, asked)
    assert not isinstance(selection, Selection)
    return [f"{miss.kind} {', '.join(miss.package_wants)}" for miss in selection]


def held(*parts: Artifact, device_model: str = "") -> PackageSet:
    """A set as a phone holds it: a base and other parts."""
    return PackageSet(parts=(part(""), *parts), device_model=device_model)


def part(split_name: str, config_for_split: str | None = None, **what_matters: Any) -> Artifact:
    """A part of a set; one of `config.<x>` or `<feature>.config.<x>` is a configuration split."""
    if config_for_split is None and "config." in split_name:
        config_for_split = split_name.rpartition("config.")[0].removesuffix(".")
    name = f"{split_name or 'base'}.apk"
    return apk(name, split_name=split_name, config_for_split=config_for_split, **what_matters)
