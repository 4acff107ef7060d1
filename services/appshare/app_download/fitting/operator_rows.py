"""An operator's rows of the adaptation table: which devices and which builds they are about."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase

from appshare.app_download.fitting import density
from appshare.app_download.model import DeviceProfile
from appshare.app_download.package import Package


class RowEffect(StrEnum):
    """What a row does with the builds that it is about, on the devices that it is about."""

    DENY = "DENY"
    """They are not offered."""
    PREFER = "PREFER"
    """Of the builds that fit they go before the others, also before newer ones."""
    FORCE = "FORCE"
    """The same, and what Android does not check when it installs does not exclude them."""


@dataclass(frozen=True, slots=True)
class NumberRange:
    """Numbers from one to another, both included."""

    lowest: int = 0
    highest: int | None = None
    """None: no limit."""

    def __contains__(self, number: int) -> bool:
        return self.lowest <= number and (self.highest is None or number <= self.highest)

    def covers(self, other: "NumberRange") -> bool:
        """Whether it holds all that the other one holds."""
        ends_later = self.highest is None or (other.highest is not None and other.highest <= self.highest)
        return self.lowest <= other.lowest and ends_later

    def __str__(self) -> str:
        if self.highest is None:
            return f"{self.lowest}+"
        return str(self.lowest) if self.lowest == self.highest else f"{self.lowest}-{self.highest}"


ANY = NumberRange()
"""No condition: the only range that also holds what a profile leaves out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceCondition:
    """Which devices a row is about: those that meet all of it.

    What a profile leaves out meets no condition about it.
    """

    manufacturer: str = ""
    """A name, or a pattern with `*` and `?`; the case of letters does not matter. Empty: any."""
    model: str = ""
    """The same."""
    sdk: NumberRange = ANY
    density: NumberRange = ANY
    """In dpi."""
    short_side: NumberRange = ANY
    """Of the screen, in pixels, however it is held."""
    long_side: NumberRange = ANY
    abis: tuple[str, ...] = ()
    """The device runs one of them. Empty: any."""

    def holds(self, profile: DeviceProfile) -> bool:
        """Whether a device meets it."""
        short, long = _sides(profile)
        numbers = (
            (self.sdk, profile.sdk_version),
            (self.density, _dpi(profile)),
            (self.short_side, short),
            (self.long_side, long),
        )
        return (
            all(allowed == ANY or (number is not None and number in allowed) for allowed, number in numbers)
            and _matches(self.manufacturer, profile.manufacturer)
            and _matches(self.model, profile.model)
            and (not self.abis or not set(self.abis).isdisjoint(profile.supported_abis))
        )

    def covers(self, other: "DeviceCondition") -> bool:
        """Whether every device that meets the other one meets it; False also where patterns do not let us tell."""
        return (
            all(mine.covers(theirs) for mine, theirs in zip(self.ranges, other.ranges, strict=True))
            and _covers(self.manufacturer, other.manufacturer)
            and _covers(self.model, other.model)
            and (not self.abis or (bool(other.abis) and set(other.abis) <= set(self.abis)))
        )

    @property
    def ranges(self) -> tuple[NumberRange, ...]:
        """Those of SDK, density, shorter and longer side."""
        return self.sdk, self.density, self.short_side, self.long_side

    def __str__(self) -> str:
        return ", ".join(self._described()) or "every device"

    def _described(self) -> Iterator[str]:
        named = {"manufacturer": self.manufacturer, "model": self.model, "ABI": " or ".join(self.abis)}
        yield from (f"{name} {value}" for name, value in named.items() if value)
        names = ("SDK", "density", "short side", "long side")
        yield from (f"{name} {each}" for name, each in zip(names, self.ranges, strict=True) if each != ANY)


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorRow:
    """One row: an effect on builds of an app, on some devices."""

    row_id: str
    package_name: str
    position: int
    """Among the rows of the app, from 1 on."""
    effect: RowEffect
    version_code: int | None = None
    """Of the builds that it is about; None: of any version."""
    package_id: str = ""
    """Of the one build that it is about; empty: not that one alone."""
    devices: DeviceCondition = DeviceCondition()

    def is_about(self, package: Package) -> bool:
        """Whether the row is about a package of its app."""
        if self.package_id and package.package_id != self.package_id:
            return False
        return self.version_code is None or package.manifest.version_code == self.version_code

    @property
    def is_about_all_builds(self) -> bool:
        """Whether the row is about the app, in whatever build."""
        return not self.package_id and self.version_code is None


def _dpi(profile: DeviceProfile) -> int | None:
    return density.DEFAULT if profile.screen_density == 0 else profile.screen_density


def _sides(profile: DeviceProfile) -> tuple[int | None, int | None]:
    """The shorter and the longer side of the screen; None: the profile leaves one out."""
    if profile.screen_width_px is None or profile.screen_height_px is None:
        return None, None
    short, long = sorted((profile.screen_width_px, profile.screen_height_px))
    return short, long


def _matches(pattern: str, name: str) -> bool:
    if not pattern:
        return True
    # Names of models hold brackets; here they mean themselves.
    literal_brackets = pattern.casefold().replace("[", "[[]")
    return bool(name) and fnmatchcase(name.casefold(), literal_brackets)


def _covers(pattern: str, other: str) -> bool:
    if not pattern or pattern.casefold() == other.casefold():
        return True
    has_wildcard = "*" in other or "?" in other
    return bool(other) and (pattern.strip("*") == "" or (not has_wildcard and _matches(pattern, other)))
