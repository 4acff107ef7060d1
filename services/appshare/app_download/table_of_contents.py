"""What the table of contents of a split set says: which of its files serve which devices.

The words are those of bundletool's `commands.proto` and `targeting.proto`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Targeting(Generic[T]):
    """What something serves in one dimension; both empty: it says nothing, so it serves all devices."""

    value: tuple[T, ...] = ()
    alternatives: tuple[T, ...] = ()
    """What its siblings serve."""

    @property
    def everything(self) -> frozenset[T]:
        """What is served at all, by it or by a sibling."""
        return frozenset(self.value + self.alternatives)

    def __bool__(self) -> bool:
        return bool(self.value or self.alternatives)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceTargeting:
    """Which devices an APK or a variant serves; variants use SDK, ABIs, density and texture only."""

    sdk: Targeting[int] = Targeting()
    """The lowest SDK; 0: none is asked for."""
    abi: Targeting[str] = Targeting()
    """As Android writes them, such as `arm64-v8a`."""
    multi_abi: Targeting[tuple[str, ...]] = Targeting()
    """Sets of ABIs that are all needed."""
    density: Targeting[int] = Targeting()
    """In dpi, density.ANY included."""
    language: Targeting[str] = Targeting()
    texture: Targeting[str] = Targeting()
    """Compression formats, as in `TextureCompressionFormatAlias`."""
    device_tier: Targeting[int] = Targeting()
    country_set: Targeting[str] = Targeting()
    device_group: Targeting[str] = Targeting()


@dataclass(frozen=True, slots=True, kw_only=True)
class ModuleCondition:
    """Which devices get a module at install time; nothing said: all."""

    sdk: Targeting[int] = Targeting()
    features: tuple[tuple[str, int], ...] = ()
    """Name and lowest version; every one of them has to be there."""
    device_groups: tuple[str, ...] = ()


class Delivery(StrEnum):
    """When a module comes to the device."""

    INSTALL_TIME = "INSTALL_TIME"
    ON_DEMAND = "ON_DEMAND"
    FAST_FOLLOW = "FAST_FOLLOW"


class ApkKind(StrEnum):
    """What an APK of a set is built for."""

    SPLIT = "SPLIT"
    STANDALONE = "STANDALONE"
    INSTANT = "INSTANT"
    SYSTEM = "SYSTEM"
    ASSET_SLICE = "ASSET_SLICE"
    APEX = "APEX"
    ARCHIVED = "ARCHIVED"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True, kw_only=True)
class ApkDescription:
    """One file of the set."""

    path: str
    """Inside the set."""
    kind: ApkKind
    targeting: DeviceTargeting = DeviceTargeting()


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """A module of the app, or a pack of its assets."""

    name: str
    delivery: Delivery
    dependencies: tuple[str, ...] = ()
    """Modules that have to be there too; the base always has to."""
    condition: ModuleCondition = ModuleCondition()
    apks: tuple[ApkDescription, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """A build of the whole app for one part of the devices; APKs of two variants never meet on a device."""

    number: int
    targeting: DeviceTargeting = DeviceTargeting()
    requires_sdk_runtime: bool = False
    modules: tuple[Module, ...]

    @property
    def kinds(self) -> frozenset[ApkKind]:
        """What its APKs are built for."""
        return frozenset(apk.kind for module in self.modules for apk in module.apks)

    @property
    def is_instant(self) -> bool:
        """Whether it is for running the app without installing it."""
        return self.kinds <= {ApkKind.INSTANT}


@dataclass(frozen=True, slots=True, kw_only=True)
class Defaults:
    """What a device is taken for that does not say it."""

    device_tier: int = 0
    country_set: str = ""
    device_group: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableOfContents:
    """What `toc.pb` or `toc.json` of a set says."""

    package_name: str
    variants: tuple[Variant, ...]
    asset_packs: tuple[Module, ...] = ()
    defaults: Defaults = Defaults()
    fused_modules: tuple[str, ...] = ()
    """Modules that are part of the base in every variant."""

    def installable_variants(self) -> Iterator[Variant]:
        """The variants for installing the app."""
        return (variant for variant in self.variants if not variant.is_instant)

    def module_names(self) -> Iterator[str]:
        """The names of all modules and packs of assets for installing the app, some more than once."""
        yield from (module.name for variant in self.installable_variants() for module in variant.modules)
        yield from self.fused_modules
        yield from (pack.name for pack in self.asset_packs)

    def installable_paths(self) -> frozenset[str]:
        """The files of the set that some device may need."""
        of_variants = (module for variant in self.installable_variants() for module in variant.modules)
        return frozenset(apk.path for module in (*of_variants, *self.asset_packs) for apk in module.apks)
