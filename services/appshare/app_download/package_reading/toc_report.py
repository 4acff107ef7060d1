"""A table of contents in the report of the reading process: from the plain values of JSON back to what they were."""

from typing import Any

from appshare.app_download.table_of_contents import (
    ApkDescription,
    ApkKind,
    Defaults,
    Delivery,
    DeviceTargeting,
    Module,
    ModuleCondition,
    TableOfContents,
    Targeting,
    Variant,
)


def table_of_contents_from(content: dict[str, Any]) -> TableOfContents:
    """The table of contents of which `dataclasses.asdict` made the content."""
    return TableOfContents(
        package_name=content["package_name"],
        variants=tuple(map(_variant, content["variants"])),
        asset_packs=tuple(map(_module, content["asset_packs"])),
        defaults=Defaults(**content["defaults"]),
        fused_modules=tuple(content["fused_modules"]),
    )


def _variant(content: dict[str, Any]) -> Variant:
    modules = tuple(map(_module, content["modules"]))
    return Variant(**{**content, "targeting": _device_targeting(content["targeting"]), "modules": modules})


def _module(content: dict[str, Any]) -> Module:
    return Module(
        name=content["name"],
        delivery=Delivery(content["delivery"]),
        dependencies=tuple(content["dependencies"]),
        condition=_condition(content["condition"]),
        apks=tuple(map(_apk, content["apks"])),
    )


def _condition(content: dict[str, Any]) -> ModuleCondition:
    return ModuleCondition(
        sdk=_targeting(content["sdk"]),
        features=tuple((name, version) for name, version in content["features"]),
        device_groups=tuple(content["device_groups"]),
    )


def _apk(content: dict[str, Any]) -> ApkDescription:
    targeting = _device_targeting(content["targeting"])
    return ApkDescription(path=content["path"], kind=ApkKind(content["kind"]), targeting=targeting)


def _device_targeting(content: dict[str, Any]) -> DeviceTargeting:
    return DeviceTargeting(**{dimension: _targeting(each) for dimension, each in content.items()})


def _targeting(content: dict[str, Any]) -> Targeting[Any]:
    return Targeting(_values(content["value"]), _values(content["alternatives"]))


def _values(values: list[Any]) -> tuple[Any, ...]:
    """Sets of ABIs are tuples, too."""
    return tuple(tuple(value) if isinstance(value, list) else value for value in values)
