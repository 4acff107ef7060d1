"""Device profiles: read from bundletool's device-spec JSON, with keys of our own for what that leaves out."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from appshare.command_line.input_error import InputError

_LARGEST = 2**32 - 1
"""Numbers of a profile are uint32 on the wire; whether a device can have them, the server says."""

_MOST_DIGITS = 10
"""Of a number that is written as a text."""


class Platform(StrEnum):
    """The operating system of a device or of an app."""

    ANDROID = "android"
    IOS = "ios"


@dataclass(frozen=True)
class Resolution:
    """A screen in pixels."""

    width: int
    height: int


@dataclass(frozen=True)
class DeviceProfile:
    """What decides which build fits; the fields are those of `device.proto`, 0, None or empty for what is not known."""

    platform: Platform = Platform.ANDROID
    sdk_version: int = 0
    os_version: str = ""
    codename: str = ""
    supported_abis: tuple[str, ...] = ()
    screen_density: int = 0
    resolution: Resolution | None = None
    supported_locales: tuple[str, ...] = ()
    device_features: tuple[str, ...] = ()
    gl_extensions: tuple[str, ...] = ()
    model: str = ""
    manufacturer: str = ""
    device_tier: int | None = None
    country_set: str = ""
    device_groups: tuple[str, ...] = ()
    sdk_runtime: bool | None = None


def load_device_profile(path: Path) -> DeviceProfile:
    """Reads a device-spec file.

    Raises:
        InputError: it is not one; the message names the file and the key.
        OSError: the file cannot be read.
    """
    try:
        return read_device_profile(json.loads(path.read_bytes()))
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
    except ValueError as error:
        raise InputError(f"{path}: not JSON: {error}") from None


def read_device_profile(document: object) -> DeviceProfile:
    """Reads a device spec: lowerCamelCase or snake_case keys; keys that it does not know mean nothing.

    Raises:
        InputError: a value is of the wrong form; the message names the key.
    """
    if not isinstance(document, Mapping):
        raise InputError("a device spec is a JSON object")
    spec = _Spec(document)
    profile = DeviceProfile(
        platform=_platform(spec.text("platform")),
        sdk_version=spec.number("sdkVersion"),
        os_version=spec.version("osVersion"),
        codename=spec.text("codename"),
        supported_abis=spec.texts("supportedAbis"),
        screen_density=spec.number("screenDensity"),
        resolution=_resolution(spec),
        supported_locales=spec.texts("supportedLocales"),
        device_features=spec.texts("deviceFeatures"),
        gl_extensions=spec.texts("glExtensions"),
        model=spec.text("model"),
        manufacturer=spec.text("manufacturer"),
        device_tier=spec.optional_number("deviceTier"),
        country_set=spec.text("countrySet"),
        device_groups=spec.texts("deviceGroups"),
        sdk_runtime=_sdk_runtime(spec),
    )
    if profile.platform is Platform.ANDROID and not (profile.sdk_version or profile.os_version or profile.codename):
        raise InputError('say which Android the device has: sdkVersion (for example 34) or osVersion ("14")')
    return profile


def write_device_profile(profile: DeviceProfile) -> dict[str, Any]:
    """The device spec that `read_device_profile` reads back; what is not known is left out."""
    document: dict[str, Any] = {
        "platform": profile.platform.value,
        "sdkVersion": profile.sdk_version,
        "osVersion": profile.os_version,
        "codename": profile.codename,
        "supportedAbis": list(profile.supported_abis),
        "screenDensity": profile.screen_density,
        "supportedLocales": list(profile.supported_locales),
        "deviceFeatures": list(profile.device_features),
        "glExtensions": list(profile.gl_extensions),
        "model": profile.model,
        "manufacturer": profile.manufacturer,
        "countrySet": profile.country_set,
        "deviceGroups": list(profile.device_groups),
    }
    if profile.sdk_runtime is not None:
        document["sdkRuntime"] = {"supported": profile.sdk_runtime}
    if profile.resolution:
        document["resolution"] = {"width": profile.resolution.width, "height": profile.resolution.height}
    known = {key: value for key, value in document.items() if value}
    return known if profile.device_tier is None else known | {"deviceTier": profile.device_tier}


class _Spec:
    """A JSON object whose keys may be written in two ways; `prefix` names the place in error messages."""

    def __init__(self, document: Mapping[str, object], prefix: str = "") -> None:
        self._document = document
        self._prefix = prefix

    def number(self, key: str) -> int:
        return self.optional_number(key) or 0

    def optional_number(self, key: str) -> int | None:
        """As protobuf's JSON has it: a number may also be written as a text."""
        value = self._get(key, None)
        if isinstance(value, str) and value.isdecimal() and value.isascii() and len(value) <= _MOST_DIGITS:
            value = int(value)
        if value is None or (isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _LARGEST):
            return value
        raise self._wrong(key, "must be a whole number of at least 0")

    def flag(self, key: str) -> bool:
        value = self._get(key, None)
        if value is not None and not isinstance(value, bool):
            raise self._wrong(key, "must be true or false")
        return bool(value)

    def text(self, key: str) -> str:
        value = self._get(key, "")
        if not isinstance(value, str):
            raise self._wrong(key, "must be a text")
        return value

    def version(self, key: str) -> str:
        value = self._get(key, "")
        if not isinstance(value, str | int | float) or isinstance(value, bool):
            raise self._wrong(key, 'must be a version, for example "14"')
        return str(value)

    def texts(self, key: str) -> tuple[str, ...]:
        value = self._get(key, [])
        if not isinstance(value, list):
            raise self._wrong(key, "must be a list of texts")
        for index, item in enumerate(value):
            if not isinstance(item, str):
                raise self._wrong(f"{key}[{index}]", "must be a text")
        return tuple(value)

    def nested(self, key: str) -> "_Spec | None":
        value = self._get(key, None)
        if value is None:
            return None
        if not isinstance(value, Mapping):
            raise self._wrong(key, "must be an object")
        return _Spec(value, f"{self._prefix}{key}.")

    def _get(self, key: str, default: object) -> object:
        """The value under the key in lowerCamelCase or in snake_case; null counts as left out."""
        snake = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in key)
        if snake != key and key in self._document and snake in self._document:
            raise self._wrong(key, f"is there twice, also as {snake}")
        value = self._document.get(key, self._document.get(snake))
        return default if value is None else value

    def _wrong(self, key: str, message: str) -> InputError:
        return InputError(f"{self._prefix}{key}: {message}")


def _platform(name: str) -> Platform:
    if not name:
        return Platform.ANDROID
    try:
        return Platform(name.lower())
    except ValueError:
        raise InputError('platform: must be "android" or "ios"') from None


def _sdk_runtime(spec: _Spec) -> bool | None:
    runtime = spec.nested("sdkRuntime")
    return runtime.flag("supported") if runtime else None


def _resolution(spec: _Spec) -> Resolution | None:
    screen = spec.nested("resolution")
    if screen:
        width, height = screen.number("width"), screen.number("height")
    else:
        width, height = spec.number("screenWidth"), spec.number("screenHeight")
    if not width and not height:
        return None
    if not width or not height:
        raise InputError("resolution: needs both width and height")
    return Resolution(width, height)
