"""Reads one APK, in this process."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO
from zipfile import ZipFile

from apk_info import APK, APKError

from appshare.app_download.model import PackageManifest
from appshare.app_download.package_reading.archive import MANIFEST, RESOURCES, PackageParts, read_parts
from appshare.app_download.package_reading.limits import ReadingLimits
from appshare.app_download.package_reading.manifest import parse_manifest
from appshare.app_download.package_reading.refusal import PackageRefused, RefusalReason
from appshare.app_download.package_reading.resource_table import densities


def read(package: BinaryIO, limits: ReadingLimits) -> PackageManifest:
    """What the package says of itself; raises PackageRefused."""
    parts = read_parts(package, limits)
    with TemporaryDirectory() as folder:
        path = Path(folder, "parts.apk")
        _write_parts(path, parts)
        try:
            apk = APK(path)
            text = apk.get_xml_string()
        except (APKError, ValueError):
            raise PackageRefused(RefusalReason.MALFORMED_MANIFEST, "the manifest cannot be decoded") from None
        return parse_manifest(text, apk.get_resource_value, parts.abis, densities(parts.resources))


def _write_parts(path: Path, parts: PackageParts) -> None:
    """Of the package, apk-info gets to see what was checked and nothing else: two ZIP readers can disagree."""
    with ZipFile(path, "w") as archive:
        archive.writestr(MANIFEST, parts.manifest)
        if parts.resources:
            archive.writestr(RESOURCES, parts.resources)
