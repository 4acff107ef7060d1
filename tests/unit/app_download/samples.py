"""Devices and packages to decide about: pass what matters to the test."""

from typing import Any

from appshare.app_download.model import Artifact, DeviceProfile, PackageManifest
from appshare.app_download.package import Package


def phone(**what_matters: Any) -> DeviceProfile:
    """A phone of today."""
    defaults = {
        "sdk_version": 34,
        "supported_abis": ("arm64-v8a", "armeabi-v7a"),
        "screen_density": 420,
        "screen_width_px": 1080,
        "screen_height_px": 2400,
    }
    return DeviceProfile(**{**defaults, **what_matters})


def apk(name: str = "app.apk", *, size: int = 1000, **what_matters: Any) -> Artifact:
    """A package that every phone of today can install; its name stands for its digest."""
    defaults = {"package_name": "org.example.app", "version_code": 1, "min_sdk": 21, "target_sdk": 34}
    manifest = PackageManifest(**{**defaults, **what_matters})
    return Artifact(sha256=name, size=size, file_name=name, manifest=manifest)


def package(name: str = "app.apk", **what_matters: Any) -> Package:
    """The same in the catalogue; its name stands for its id."""
    return Package(package_id=name, build=apk(name, **what_matters))
