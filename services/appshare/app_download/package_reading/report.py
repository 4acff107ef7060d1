"""What the reading process prints for the one that started it: JSON, either a manifest or a refusal."""

import json
from dataclasses import asdict
from typing import Any

from appshare.app_download.model import PackageManifest, Screen, ScreenSize
from appshare.app_download.package_reading.refusal import PackageRefused, RefusalReason


def manifest_report(manifest: PackageManifest) -> str:
    """The report on a package that could be read."""
    return json.dumps({"manifest": asdict(manifest)})


def refusal_report(refused: PackageRefused) -> str:
    """The report on a package that is refused."""
    return json.dumps({"refused": refused.reason, "message": refused.message})


def manifest_from(report: bytes) -> PackageManifest:
    """The manifest that the report holds; raises PackageRefused if it holds a refusal instead."""
    content: dict[str, Any] = json.loads(report)
    if "refused" in content:
        raise PackageRefused(RefusalReason(content["refused"]), content["message"])
    # Tuples travel as lists, and so they come back: as lists of plain values.
    listed: dict[str, Any] = content["manifest"]
    fields: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in listed.items()
    }
    fields["supports_screens"] = tuple(ScreenSize(size) for size in listed["supports_screens"])
    fields["compatible_screens"] = tuple(
        Screen(ScreenSize(screen["size"]), screen["density"]) for screen in listed["compatible_screens"]
    )
    return PackageManifest(**fields)
