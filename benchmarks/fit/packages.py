"""Catalogues to ask: real packages under many names, and a package that is large."""

import hashlib
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random

from appshare.app_download.model import Artifact, PackageManifest
from appshare.app_download.package import Build, Package
from appshare.app_download.package_reading.limits import ReadingLimits
from appshare.app_download.package_reading.set_reading import read_package_or_set
from appshare.app_download.package_set import PackageSet

_PROJECT = Path(__file__).parents[2]
_SAMPLES = _PROJECT / "tests" / "packages"
_SETS = _PROJECT.parent / "shared" / "data" / "apks" / "splitsets"
_KEYS = _SAMPLES / "keys" / "sample.p12"
_LIMITS = ReadingLimits()

BUILDS = 4
"""Of each app: three versions, one of which is for several processors."""


def sample_builds() -> list[Build]:
    """The builds of one app, as they were read."""
    names = ("chat-1.0.apk", "chat-2.0-arm64-v8a.apk", "chat-2.0-x86_64.apk", "chat-3.0-arm64-v8a.apk")
    return [_read(_SAMPLES / name) for name in names]


def split_set() -> Build | None:
    """A set of many files, if it is here."""
    file = _SETS / "ck.apks"
    return _read(file) if file.exists() else None


def catalogue(packages: int) -> Iterator[Package]:
    """So many packages, a few of each app."""
    templates = sample_builds()
    for number in range(packages):
        app, template = divmod(number, BUILDS)
        build = renamed(templates[template], app_name(app))
        yield Package(package_id=hashlib.sha256(str(number).encode()).hexdigest(), build=build)


def app_name(number: int) -> str:
    return f"org.example.app{number}"


def renamed(build: Build, package_name: str) -> Build:
    """The build of another app."""
    if isinstance(build, PackageSet):
        return replace(build, parts=tuple(_renamed(part, package_name) for part in build.parts))
    return _renamed(build, package_name)


def large_package(folder: Path, mib: int) -> Path:
    """A signed package of so many MiB; without apksigner the largest of the samples."""
    if shutil.which("apksigner") is None:
        return max(_SAMPLES.glob("*.apk"), key=lambda path: path.stat().st_size)
    plain, signed = folder / "plain.apk", folder / "large.apk"
    with zipfile.ZipFile(_SAMPLES / "mail-1.0.apk") as sample, zipfile.ZipFile(plain, "w") as package:
        for name in ("AndroidManifest.xml", "resources.arsc"):
            package.writestr(name, sample.read(name))
        package.writestr("assets/noise.bin", Random(1).randbytes(mib << 20))  # noqa: S311  # any bytes will do
    command = ["apksigner", "sign", "--ks", str(_KEYS), "--ks-pass", "pass:appshare", "--out", str(signed), str(plain)]
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603  # a tool of Android's
    return signed


def _read(file: Path) -> Build:
    with file.open("rb") as content:
        read = read_package_or_set(content, _LIMITS)
    return read if isinstance(read, PackageSet) else _artifact(file, read)


def _artifact(file: Path, manifest: PackageManifest) -> Artifact:
    content = file.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    return Artifact(sha256=digest, size=len(content), file_name=file.name, manifest=manifest)


def _renamed(artifact: Artifact, package_name: str) -> Artifact:
    return replace(artifact, manifest=replace(artifact.manifest, package_name=package_name))
