"""Reads one APK, in this process."""

import hashlib
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO
from zipfile import ZipFile

from apk_info import APK, APKError

from appshare.app_download.model import PackageManifest
from appshare.app_download.package_reading.archive import MANIFEST, RESOURCES, PackageParts, read_parts, read_picture
from appshare.app_download.package_reading.limits import ReadingLimits
from appshare.app_download.package_reading.manifest import (
    TEXT_LIMIT,
    application_reference,
    parse_manifest,
    sandbox_version,
)
from appshare.app_download.package_reading.manifest_chunks import check_manifest
from appshare.app_download.package_reading.refusal import PackageRefused, RefusalReason
from appshare.app_download.package_reading.resource_table import densities, locales
from appshare.app_download.package_reading.resource_values import ResourceValue, ResourceValues
from appshare.app_download.package_signature.lineage import Capability
from appshare.app_download.package_signature.verdict import SignatureVerdict, verify_signature

_PICTURES = (".png", ".webp", ".jpg")


def read(package: BinaryIO, limits: ReadingLimits, *, require_signature: bool = True) -> PackageManifest:
    """What the package says of itself, and who signed it.

    Args:
        package: The file.
        limits: What it may take.
        require_signature: False: of a package whose signature does not hold, what is said of the signer stays empty.

    Raises:
        PackageRefused: No device would install the package, or reading it goes beyond the limits.
    """
    manifest, sandbox, icons = _read_manifest(read_parts(package, limits))
    manifest = replace(manifest, icon_sha256=_digest_of_icon(package, icons, limits))
    try:
        verdict = verify_signature(
            package, min_sdk=manifest.min_sdk, target_sdk=manifest.target_sdk, sandbox_version=sandbox
        )
    except PackageRefused:
        if require_signature:
            raise
        return manifest
    return replace(
        manifest,
        signer_sha256=",".join(verdict.signers),
        signer_lineage=replaceable(verdict),
        signature_min_sdk=verdict.min_api,
        debug_certificate=verdict.by_debug_certificate,
        signature_schemes=verdict.schemes,
    )


def replaceable(verdict: SignatureVerdict) -> tuple[str, ...]:
    """Of the signer's certificates those whose packages Android lets this one replace."""
    return tuple(
        certificate.sha256
        for certificate in verdict.lineage
        if Capability.INSTALLED_DATA in certificate.capabilities or certificate.sha256 in verdict.signers
    )


def _read_manifest(parts: PackageParts) -> tuple[PackageManifest, int, list[str]]:
    """The manifest, its targetSandboxVersion, and where the app's icon may be, the largest first."""
    check_manifest(parts.manifest)
    with TemporaryDirectory() as folder:
        path = Path(folder, "parts.apk")
        _write_parts(path, parts)
        try:
            apk = APK(path)
            text = apk.get_xml_string()
        except (APKError, ValueError):
            raise PackageRefused(RefusalReason.MALFORMED_MANIFEST, "the manifest cannot be decoded") from None
        manifest = parse_manifest(text, apk.get_resource_value, parts.abis, densities(parts.resources))
        values = ResourceValues(parts.resources)
        manifest = replace(
            manifest, locales=locales(parts.resources), labels=_labels(values.of(application_reference(text, "label")))
        )
        icons = _pictures(values.of(application_reference(text, "icon")))
        return manifest, sandbox_version(text, apk.get_resource_value), icons


def _labels(values: list[ResourceValue]) -> tuple[tuple[str, str], ...]:
    """By language; the default is the label itself."""
    by_locale = {value.locale: value.text[:TEXT_LIMIT] for value in reversed(values) if value.locale}
    return tuple(sorted(by_locale.items()))


def _pictures(values: list[ResourceValue]) -> list[str]:
    """The picture files among the values, the largest first; other icons are drawings, which only Android reads."""
    files = [value for value in values if value.text.endswith(_PICTURES)]
    return [value.text for value in sorted(files, key=lambda value: -value.density)]


def _digest_of_icon(package: BinaryIO, paths: list[str], limits: ReadingLimits) -> str:
    pictures = (read_picture(package, path, limits.icon_bytes) for path in paths)
    icon = next(filter(None, pictures), b"")
    return hashlib.sha256(icon).hexdigest() if icon else ""


def _write_parts(path: Path, parts: PackageParts) -> None:
    """Of the package, apk-info gets to see what was checked and nothing else: two ZIP readers can disagree."""
    with ZipFile(path, "w") as archive:
        archive.writestr(MANIFEST, parts.manifest)
        if parts.resources:
            archive.writestr(RESOURCES, parts.resources)
