"""Messages of AppDownload to words of its domain and back."""

from collections.abc import Sequence

from appshare import errors
from appshare.app_download.adaptation import AdaptationRow
from appshare.app_download.file_storage import Data
from appshare.app_download.fitting.android_versions import api_level
from appshare.app_download.model import (
    AppStoreLink,
    Artifact,
    DeviceProfile,
    Fit,
    InvalidProfile,
    NoFit,
    NoFitKind,
    NoFitReason,
    Platform,
)
from appshare.app_download.package import Build, Package
from appshare.app_download.package_set import PackageSet
from appshare.rpc.fields import invalid_field, require_length, require_text
from appshare.v1 import app_download_pb2 as pb
from appshare.v1 import catalogue_pb2, device_pb2, fit_pb2

LONGEST_NAME = 255
"""Bytes of a name that a request may give."""
MOST_MODULES = 100
"""Modules that a request may name."""

_PLATFORMS = {device_pb2.PLATFORM_ANDROID: Platform.ANDROID, device_pb2.PLATFORM_IOS: Platform.IOS}
_KINDS = {kind: fit_pb2.NoFitKind.Value(f"NO_FIT_KIND_{kind}") for kind in NoFitKind}


def read_profile(message: device_pb2.DeviceProfile) -> DeviceProfile:
    """The profile of a request.

    Raises:
        errors.InvalidArgumentError: INVALID_DEVICE_PROFILE.
    """
    if message.platform not in _PLATFORMS:
        raise invalid_profile(InvalidProfile("platform", "say whether the device is an Android or an iOS one"))
    resolution = message.resolution
    profile = DeviceProfile(
        platform=_PLATFORMS[message.platform],
        sdk_version=_read_sdk_version(message),
        codename=message.codename,
        supported_abis=tuple(message.supported_abis),
        screen_density=message.screen_density or None,
        screen_width_px=resolution.width or None,
        screen_height_px=resolution.height or None,
        supported_locales=tuple(message.supported_locales),
        device_features=tuple(message.device_features),
        gl_extensions=tuple(message.gl_extensions),
        model=message.model,
        manufacturer=message.manufacturer,
        device_tier=message.device_tier if message.HasField("device_tier") else None,
        country_set=message.country_set,
        device_groups=tuple(message.device_groups),
        sdk_runtime=message.sdk_runtime if message.HasField("sdk_runtime") else None,
    )
    try:
        profile.validate()
    except InvalidProfile as error:
        raise invalid_profile(error) from None
    return profile


def read_modules(names: Sequence[str]) -> tuple[str, ...]:
    """The modules that a request asks for.

    Raises:
        errors.InvalidArgumentError: INVALID_FIELD.
    """
    if len(names) > MOST_MODULES:
        raise invalid_field("modules", f"more than {MOST_MODULES}")
    for index, name in enumerate(names):
        require_length(require_text(name, f"modules[{index}]"), f"modules[{index}]", LONGEST_NAME)
    return tuple(names)


def invalid_profile(error: InvalidProfile) -> errors.InvalidArgumentError:
    """The error for a value that no device can have."""
    field = f"profile.{error.field}"
    return errors.InvalidArgumentError(errors.Reason.INVALID_DEVICE_PROFILE, f"{field}: {error.message}", field=field)


def write_answer(answer: Fit | NoFit | AppStoreLink) -> fit_pb2.FitAnswer:
    """The answer to what fits."""
    match answer:
        case Fit():
            return fit_pb2.FitAnswer(fit=_write_fit(answer))
        case NoFit():
            reasons = [_write_reason(reason) for reason in answer.reasons]
            return fit_pb2.FitAnswer(no_fit=fit_pb2.NoFit(reasons=reasons))
        case AppStoreLink():
            return fit_pb2.FitAnswer(app_store_link=fit_pb2.AppStoreLink(url=answer.url))


def encode_chunk(file_index: int, offset: int, data: Data) -> bytes:
    """A `DownloadResponse` with a chunk, as it goes over the wire.

    The message is put together by hand: filling and serialising it copies the data three times, which takes more time
    than reading and sending it.
    """
    position = fit_pb2.FileChunk(file_index=file_index, offset=offset).SerializeToString()
    data_head = _DATA_TAG + _varint(len(data))
    chunk_size = len(position) + len(data_head) + len(data)
    return b"".join((_CHUNK_TAG, _varint(chunk_size), position, data_head, data))


def write_package(package: Package) -> catalogue_pb2.CataloguePackage:
    """A package of the catalogue."""
    manifest, build = package.manifest, package.build
    package_set = build if isinstance(build, PackageSet) else None
    return catalogue_pb2.CataloguePackage(
        package_id=package.package_id,
        files=map(_write_file, package.files),
        package_name=manifest.package_name,
        label=manifest.label,
        version_name=manifest.version_name,
        version_code=manifest.version_code,
        min_sdk=package.min_sdk,
        target_sdk=manifest.target_sdk,
        max_sdk=manifest.max_sdk or 0,
        abis=package.abis,
        signer_sha256=manifest.signer_sha256,
        debuggable=any(file.manifest.debuggable for file in package.files),
        test_only=any(file.manifest.test_only for file in package.files),
        debug_certificate=manifest.debug_certificate,
        kind=_kind(build),
        modules=package_set.modules if package_set else (),
        locales=package.locales,
        required_features=manifest.required_features,
        device_model=package_set.device_model if package_set else "",
        labels=dict(manifest.labels),
        icon_sha256=manifest.icon_sha256,
        permissions=manifest.permissions,
    )


def write_row(row: AdaptationRow) -> catalogue_pb2.AdaptationRow:
    """A row of the adaptation table."""
    manifest = row.package.manifest
    return catalogue_pb2.AdaptationRow(
        package_name=manifest.package_name,
        version_code=manifest.version_code,
        version_name=manifest.version_name,
        min_sdk=row.min_sdk,
        max_sdk=row.max_sdk or 0,
        screens=row.screens,
        abis=row.abis,
        package_id=row.package.package_id,
        file_names=[file.file_name for file in row.package.files],
    )


def _kind(build: Build) -> catalogue_pb2.PackageKind.ValueType:
    if not isinstance(build, PackageSet):
        return catalogue_pb2.PACKAGE_KIND_WHOLE
    if build.table_of_contents is None:
        return catalogue_pb2.PACKAGE_KIND_HELD_SET
    return catalogue_pb2.PACKAGE_KIND_SPLIT_SET


def _length_delimited(field: int) -> bytes:
    """The tag of a field that holds bytes or a message."""
    return bytes([field << 3 | 2])


_CHUNK_TAG = _length_delimited(pb.DownloadResponse.CHUNK_FIELD_NUMBER)
_DATA_TAG = _length_delimited(fit_pb2.FileChunk.DATA_FIELD_NUMBER)


def _varint(number: int) -> bytes:
    encoded = bytearray()
    while number > 0x7F:  # noqa: PLR2004 - seven bits to a byte, the eighth says that more follow
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)


def _read_sdk_version(message: device_pb2.DeviceProfile) -> int | None:
    if message.sdk_version or message.platform == device_pb2.PLATFORM_IOS or not message.os_version:
        return message.sdk_version or None
    level = api_level(message.os_version)
    if level is None:
        raise invalid_profile(
            InvalidProfile("os_version", "not a known version of Android; send the API level as `sdk_version`")
        )
    return level


def _write_fit(fit: Fit) -> fit_pb2.Fit:
    return fit_pb2.Fit(
        package_name=fit.package_name,
        version_name=fit.version_name,
        version_code=fit.version_code,
        signer_sha256=fit.artifacts[0].manifest.signer_sha256,
        files=[_write_file(artifact) for artifact in fit.artifacts],
        explanation=fit.why,
        upstream=fit.upstream,
        total_size=sum(artifact.size for artifact in fit.artifacts),
    )


def _write_file(artifact: Artifact) -> fit_pb2.PackageFile:
    return fit_pb2.PackageFile(
        name=artifact.file_name,
        size=artifact.size,
        sha256=artifact.sha256,
        split_name=artifact.manifest.split_name,
    )


def _write_reason(reason: NoFitReason) -> fit_pb2.NoFitReason:
    return fit_pb2.NoFitReason(
        kind=_KINDS[reason.kind],
        message=reason.message,
        device_has=reason.device_has,
        packages_want=reason.packages_want,
    )
