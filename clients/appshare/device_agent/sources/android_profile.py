"""What an Android phone is, by what its own commands print."""

import re
from collections.abc import Mapping, Sequence

from appshare.device_agent.sources.shell import Shell, run_if_possible
from appshare.device_agent.sources.source import CommandFailedError
from appshare.fit.device_profile import DeviceProfile, Resolution

_PROPERTY = re.compile(r"^\[([^\]]+)\]: \[(.*)\]$", re.MULTILINE)
_SIZE = re.compile(r"^(Physical|Override) size: (\d+)x(\d+)", re.MULTILINE)
_DENSITY = re.compile(r"^(Physical|Override) density: (\d+)", re.MULTILINE)
_FEATURE = re.compile(r"^feature:(\S+)", re.MULTILINE)
_LOCALE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")
_RELEASED = "REL"
"""The codename of an Android that is no preview."""


def read_android_profile(shell: Shell) -> DeviceProfile:
    """The device profile; what the phone does not tell is left out.

    Raises:
        CommandFailedError: it does not even tell which Android it has.
        FailureError: the phone is gone.
    """
    properties = dict(_PROPERTY.findall(shell.run("getprop")))
    sdk = properties.get("ro.build.version.sdk", "")
    if not sdk.isdecimal():
        raise CommandFailedError("the phone does not tell which Android it has (getprop ro.build.version.sdk)")
    codename = properties.get("ro.build.version.codename", _RELEASED)
    return DeviceProfile(
        sdk_version=int(sdk),
        os_version=properties.get("ro.build.version.release", ""),
        codename="" if codename == _RELEASED else codename,
        supported_abis=_abis(properties),
        screen_density=_density(shell, properties),
        resolution=_resolution(shell),
        supported_locales=_locales(shell, properties),
        device_features=tuple(dict.fromkeys(_FEATURE.findall(run_if_possible(shell, "pm", "list", "features")))),
        gl_extensions=_gl_extensions(run_if_possible(shell, "dumpsys", "SurfaceFlinger")),
        model=properties.get("ro.product.model", ""),
        manufacturer=properties.get("ro.product.manufacturer", ""),
    )


def _abis(properties: Mapping[str, str]) -> tuple[str, ...]:
    listed = properties.get("ro.product.cpu.abilist") or properties.get("ro.product.cpu.abi", "")
    return tuple(filter(None, listed.split(",")))


def _resolution(shell: Shell) -> Resolution | None:
    sizes = {kind: (int(width), int(height)) for kind, width, height in _SIZE.findall(_wm(shell, "size"))}
    chosen = sizes.get("Override") or sizes.get("Physical")
    return Resolution(*chosen) if chosen else None


def _density(shell: Shell, properties: Mapping[str, str]) -> int:
    densities = {kind: int(dpi) for kind, dpi in _DENSITY.findall(_wm(shell, "density"))}
    known = properties.get("ro.sf.lcd_density", "")
    return densities.get("Override") or densities.get("Physical") or (int(known) if known.isdecimal() else 0)


def _wm(shell: Shell, what: str) -> str:
    return run_if_possible(shell, "wm", what)


def _locales(shell: Shell, properties: Mapping[str, str]) -> tuple[str, ...]:
    listed = run_if_possible(shell, "settings", "get", "system", "system_locales").strip()
    if listed in ("", "null"):
        listed = properties.get("persist.sys.locale") or properties.get("ro.product.locale", "")
    return tuple(filter(_LOCALE.fullmatch, listed.split(",")))


def _gl_extensions(surface_flinger: str) -> tuple[str, ...]:
    """The extensions stand in the line behind the one that names the driver."""
    lines: Sequence[str] = surface_flinger.splitlines()
    behind = (lines[index + 1] for index, line in enumerate(lines[:-1]) if line.startswith("GLES: "))
    return tuple(word for word in next(behind, "").split() if word.startswith("GL_"))
