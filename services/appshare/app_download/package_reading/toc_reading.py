"""From the bytes of `toc.pb` or `toc.json` to a table of contents (bundletool's commands.proto and targeting.proto).

What is not known is ignored: fields, and values of enums, which then are values that no device has.
"""

from collections.abc import Callable, Iterable
from typing import TypeVar

from appshare.app_download.fitting import density
from appshare.app_download.fitting.split_sets.abi import ABIS
from appshare.app_download.package_reading.toc_messages import BinaryMessage, Field, JsonMessage, Message
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

T = TypeVar("T")

_VALUE, _ALTERNATIVES = Field(1, "value"), Field(2, "alternatives")
_TIERS, _OTHER_TIERS = Field(3, "value"), Field(4, "alternatives")
_ALIAS = Field(1, "alias")

_ABI_NAMES = ("", *ABIS)
_ABI_ALIASES = tuple(name.upper().replace("-", "_") for name in _ABI_NAMES)
_DENSITIES = (0, density.NONE, *density.BUCKETS.values())
_DENSITY_ALIASES = ("DENSITY_UNSPECIFIED", "NODPI", *map(str.upper, density.BUCKETS))
_TEXTURES = ("", "ETC1_RGB8", "PALETTED", "THREE_DC", "ATC", "LATC", "DXT1", "S3TC", "PVRTC", "ASTC", "ETC2")
_DELIVERIES = ("UNKNOWN_DELIVERY_TYPE", *Delivery)

# Of SplitDimension.Value those for which a set can have a default.
_DEVICE_TIER, _COUNTRY_SET, _DEVICE_GROUP = 6, 7, 9
_DIMENSIONS = ("", "", "", "", "", "", "DEVICE_TIER", "COUNTRY_SET", "", "DEVICE_GROUP")

_KINDS = (
    (Field(3, "splitApkMetadata"), ApkKind.SPLIT),
    (Field(4, "standaloneApkMetadata"), ApkKind.STANDALONE),
    (Field(5, "instantApkMetadata"), ApkKind.INSTANT),
    (Field(6, "systemApkMetadata"), ApkKind.SYSTEM),
    (Field(7, "assetSliceMetadata"), ApkKind.ASSET_SLICE),
    (Field(8, "apexApkMetadata"), ApkKind.APEX),
    (Field(9, "archivedApkMetadata"), ApkKind.ARCHIVED),
)


def read_binary(data: bytes) -> TableOfContents:
    """The table of contents in a `toc.pb`; raises PackageRefused."""
    return _table_of_contents(BinaryMessage(data))


def read_json(data: bytes) -> TableOfContents:
    """The table of contents in a `toc.json`; raises PackageRefused."""
    return _table_of_contents(JsonMessage.parse(data))


def _table_of_contents(message: Message) -> TableOfContents:
    return TableOfContents(
        package_name=_text(message, Field(4, "packageName")),
        variants=tuple(map(_variant, message.messages(Field(1, "variant")))),
        asset_packs=tuple(map(_asset_pack, message.messages(Field(3, "assetSliceSet")))),
        defaults=_defaults(message.messages(Field(7, "defaultTargetingValue"))),
        fused_modules=tuple(
            _text(each, Field(1, "name")) for each in message.messages(Field(8, "permanentlyFusedModules"))
        ),
    )


def _variant(message: Message) -> Variant:
    targeting = message.message(Field(1, "targeting"))
    runtime = targeting and targeting.message(Field(6, "sdkRuntimeTargeting"))
    return Variant(
        number=message.number(Field(3, "variantNumber")),
        targeting=_variant_targeting(targeting) if targeting else DeviceTargeting(),
        requires_sdk_runtime=bool(runtime and runtime.number(Field(1, "requiresSdkRuntime"))),
        modules=tuple(map(_module, message.messages(Field(2, "apkSet")))),
    )


def _module(message: Message) -> Module:
    metadata = message.message(Field(1, "moduleMetadata"))
    condition = metadata and metadata.message(Field(5, "targeting"))
    return Module(
        name=_text(metadata, Field(1, "name")),
        delivery=_delivery(metadata, Field(6, "deliveryType")),
        dependencies=tuple(metadata.texts(Field(4, "dependencies"))) if metadata else (),
        condition=_condition(condition) if condition else ModuleCondition(),
        apks=tuple(map(_apk, message.messages(Field(2, "apkDescription")))),
    )


def _asset_pack(message: Message) -> Module:
    metadata = message.message(Field(1, "assetModuleMetadata"))
    return Module(
        name=_text(metadata, Field(1, "name")),
        delivery=_delivery(metadata, Field(4, "deliveryType")),
        apks=tuple(map(_apk, message.messages(Field(2, "apkDescription")))),
    )


def _delivery(metadata: Message | None, field: Field) -> Delivery:
    """Before bundletool 0.10.2 a module said only whether it comes on demand."""
    number = metadata.number(field, _DELIVERIES) if metadata else 0
    if 0 < number < len(_DELIVERIES):
        return Delivery(_DELIVERIES[number])
    on_demand = metadata and metadata.number(Field(2, "onDemandDeprecated"))
    return Delivery.ON_DEMAND if on_demand else Delivery.INSTALL_TIME


def _condition(message: Message) -> ModuleCondition:
    required = [
        each.message(Field(1, "requiredFeature")) for each in message.messages(Field(2, "deviceFeatureTargeting"))
    ]
    groups = message.message(Field(5, "deviceGroupTargeting"))
    return ModuleCondition(
        sdk=_sdk(message, Field(1, "sdkVersionTargeting")),
        features=tuple(
            (_text(each, Field(1, "featureName")), each.number(Field(2, "featureVersion"))) for each in required if each
        ),
        device_groups=tuple(groups.texts(_VALUE)) if groups else (),
    )


def _apk(message: Message) -> ApkDescription:
    targeting = message.message(Field(1, "targeting"))
    return ApkDescription(
        path=_text(message, Field(2, "path")),
        kind=next((kind for field, kind in _KINDS if message.message(field)), ApkKind.UNKNOWN),
        targeting=_apk_targeting(targeting) if targeting else DeviceTargeting(),
    )


def _apk_targeting(message: Message) -> DeviceTargeting:
    return DeviceTargeting(
        abi=_targeting(message, Field(1, "abiTargeting"), _abi),
        language=_texts(message, Field(3, "languageTargeting")),
        density=_targeting(message, Field(4, "screenDensityTargeting"), _density),
        sdk=_sdk(message, Field(5, "sdkVersionTargeting")),
        texture=_targeting(message, Field(6, "textureCompressionFormatTargeting"), _texture),
        multi_abi=_targeting(message, Field(7, "multiAbiTargeting"), _abis),
        device_tier=_device_tier(message.message(Field(9, "deviceTierTargeting"))),
        country_set=_texts(message, Field(10, "countrySetTargeting")),
        device_group=_texts(message, Field(11, "deviceGroupTargeting")),
    )


def _variant_targeting(message: Message) -> DeviceTargeting:
    return DeviceTargeting(
        sdk=_sdk(message, Field(1, "sdkVersionTargeting")),
        abi=_targeting(message, Field(2, "abiTargeting"), _abi),
        density=_targeting(message, Field(3, "screenDensityTargeting"), _density),
        multi_abi=_targeting(message, Field(4, "multiAbiTargeting"), _abis),
        texture=_targeting(message, Field(5, "textureCompressionFormatTargeting"), _texture),
    )


def _targeting(message: Message, field: Field, read: Callable[[Message], T]) -> Targeting[T]:
    content = message.message(field)
    if content is None:
        return Targeting()
    value, alternatives = content.messages(_VALUE), content.messages(_ALTERNATIVES)
    return Targeting(tuple(map(read, value)), tuple(map(read, alternatives)))


def _texts(message: Message, field: Field) -> Targeting[str]:
    content = message.message(field)
    return Targeting(tuple(content.texts(_VALUE)), tuple(content.texts(_ALTERNATIVES))) if content else Targeting()


def _device_tier(content: Message | None) -> Targeting[int]:
    return Targeting(tuple(content.wrapped(_TIERS)), tuple(content.wrapped(_OTHER_TIERS))) if content else Targeting()


def _sdk(message: Message, field: Field) -> Targeting[int]:
    return _targeting(message, field, lambda version: next(iter(version.wrapped(Field(1, "min"))), 0))


def _abi(message: Message) -> str:
    return _named(message.number(_ALIAS, _ABI_ALIASES), _ABI_NAMES)


def _abis(message: Message) -> tuple[str, ...]:
    return tuple(map(_abi, message.messages(Field(1, "abi"))))


def _texture(message: Message) -> str:
    return _named(message.number(_ALIAS, _TEXTURES), _TEXTURES)


def _density(message: Message) -> int:
    """In dpi; a density is given by its name or by its dpi."""
    alias = message.number(Field(1, "densityAlias"), _DENSITY_ALIASES)
    return _DENSITIES[alias] if 0 < alias < len(_DENSITIES) else message.number(Field(2, "densityDpi"))


def _defaults(messages: Iterable[Message]) -> Defaults:
    values = {
        each.number(Field(1, "dimension"), _DIMENSIONS): _text(each, Field(2, "defaultValue")) for each in messages
    }
    tier = values.get(_DEVICE_TIER, "")
    return Defaults(
        device_tier=int(tier) if tier.isdecimal() and tier.isascii() else 0,
        country_set=values.get(_COUNTRY_SET, ""),
        device_group=values.get(_DEVICE_GROUP, ""),
    )


def _text(message: Message | None, field: Field) -> str:
    """The last one, as protobuf has it for a field that is not repeated; empty if it is missing."""
    return ([""] + (message.texts(field) if message else []))[-1]


def _named(number: int, names: tuple[str, ...]) -> str:
    """A value of an enum; one that is not known is a name that nothing else has."""
    return names[number] if 0 < number < len(names) else f"#{number}"
