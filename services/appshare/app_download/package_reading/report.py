"""What the reading process prints for the one that started it, and the catalogue keeps: JSON of what was read."""

import json
from dataclasses import asdict
from typing import Any

from appshare.app_download.model import Artifact, PackageManifest, Screen, ScreenSize
from appshare.app_download.package import Build
from appshare.app_download.package_reading.refusal import PackageRefused, RefusalReason
from appshare.app_download.package_reading.toc_report import table_of_contents_from
from appshare.app_download.package_set import PackageSet


def manifest_report(manifest: PackageManifest) -> str:
    """The report on a package that could be read."""
    return json.dumps({"manifest": asdict(manifest)})


def set_report(package_set: PackageSet) -> str:
    """The report on a split set that could be read."""
    return json.dumps({"set": asdict(package_set)})


def splits_report(manifests: list[PackageManifest]) -> str:
    """The report on packages that lie beside each other."""
    return json.dumps({"splits": [asdict(manifest) for manifest in manifests]})


def build_report(build: Build) -> str:
    """A build as the catalogue keeps it."""
    return json.dumps({"set" if isinstance(build, PackageSet) else "apk": asdict(build)})


def build_from(report: str) -> Build:
    """The build that the catalogue kept."""
    content = json.loads(report)
    return _set(content["set"]) if "set" in content else _artifact(content["apk"])


def refusal_report(refused: PackageRefused) -> str:
    """The report on a package that is refused."""
    return json.dumps({"refused": refused.reason, "message": refused.message})


def disk_report(error: OSError) -> str:
    """The report on a package for which the disk had no place."""
    return json.dumps({"disk": error.errno})


def manifest_from(report: bytes) -> PackageManifest:
    """The manifest that the report holds; raises PackageRefused, or OSError, if it holds that instead."""
    return _manifest(_content(report)["manifest"])


def package_or_set_from(report: bytes) -> PackageManifest | PackageSet:
    """The manifest or the set that the report holds; raises PackageRefused, or OSError, if it holds that instead."""
    content = _content(report)
    return _set(content["set"]) if "set" in content else _manifest(content["manifest"])


def splits_from(report: bytes) -> list[PackageManifest]:
    """The manifests that the report holds; raises PackageRefused, or OSError, if it holds that instead."""
    return [_manifest(each) for each in _content(report)["splits"]]


def _content(report: bytes) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(report)
    if "refused" in content:
        raise PackageRefused(RefusalReason(content["refused"]), content["message"])
    if "disk" in content:
        raise OSError(content["disk"], "the package cannot be unpacked")
    return content


def _set(content: dict[str, Any]) -> PackageSet:
    toc = content["table_of_contents"]
    return PackageSet(
        parts=tuple(map(_artifact, content["parts"])),
        table_of_contents=None if toc is None else table_of_contents_from(toc),
        device_model=content["device_model"],
    )


def _artifact(content: dict[str, Any]) -> Artifact:
    return Artifact(**{**content, "manifest": _manifest(content["manifest"])})


def _manifest(listed: dict[str, Any]) -> PackageManifest:
    """Tuples travel as lists, and so they come back: as lists of plain values."""
    fields: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in listed.items()
    }
    fields["supports_screens"] = tuple(ScreenSize(size) for size in listed["supports_screens"])
    fields["compatible_screens"] = tuple(
        Screen(ScreenSize(screen["size"]), screen["density"]) for screen in listed["compatible_screens"]
    )
    fields["labels"] = tuple((locale, label) for locale, label in listed.get("labels", ()))
    return PackageManifest(**fields)
