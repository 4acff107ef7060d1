"""Profiles to the wire, answers from it."""

from appshare import errors
from appshare.fit.answer import AppStoreLink, Fit, FitAnswer, NoFit, NoFitReason, PackageFile
from appshare.fit.device_profile import DeviceProfile, Platform
from appshare.v1 import device_pb2, fit_pb2

_PLATFORMS = {Platform.ANDROID: device_pb2.PLATFORM_ANDROID, Platform.IOS: device_pb2.PLATFORM_IOS}


def write_platform(platform: Platform) -> device_pb2.Platform.ValueType:
    """A platform."""
    return _PLATFORMS[platform]


def read_platform(number: device_pb2.Platform.ValueType) -> Platform:
    """A platform; one of a newer server counts as Android, which is the most common."""
    return Platform.IOS if number == device_pb2.PLATFORM_IOS else Platform.ANDROID


def write_profile(profile: DeviceProfile) -> device_pb2.DeviceProfile:
    """A device profile."""
    resolution = profile.resolution
    return device_pb2.DeviceProfile(
        platform=write_platform(profile.platform),
        sdk_version=profile.sdk_version,
        os_version=profile.os_version,
        codename=profile.codename,
        supported_abis=profile.supported_abis,
        screen_density=profile.screen_density,
        resolution=device_pb2.Resolution(width=resolution.width, height=resolution.height) if resolution else None,
        supported_locales=profile.supported_locales,
        device_features=profile.device_features,
        gl_extensions=profile.gl_extensions,
        model=profile.model,
        manufacturer=profile.manufacturer,
        device_tier=profile.device_tier,
        country_set=profile.country_set,
        device_groups=profile.device_groups,
        sdk_runtime=profile.sdk_runtime,
    )


def read_answer(message: fit_pb2.FitAnswer) -> FitAnswer:
    """The answer to a question for the build that fits.

    Raises:
        errors.InternalError: an answer that this version does not know.
    """
    match message.WhichOneof("answer"):
        case "fit":
            return _read_fit(message.fit)
        case "no_fit":
            return NoFit(tuple(map(_read_reason, message.no_fit.reasons)))
        case "app_store_link":
            return AppStoreLink(message.app_store_link.url)
    raise errors.InternalError(errors.Reason.INTERNAL, "the server gave an answer that this version does not know")


def read_file(message: fit_pb2.PackageFile) -> PackageFile:
    """A file of a package."""
    return PackageFile(message.name, message.size, message.sha256, message.split_name)


def _read_fit(message: fit_pb2.Fit) -> Fit:
    return Fit(
        package_name=message.package_name,
        version_name=message.version_name,
        version_code=message.version_code,
        signer_sha256=message.signer_sha256,
        files=tuple(map(read_file, message.files)),
        explanation=tuple(message.explanation),
        upstream=message.upstream,
    )


def _read_reason(message: fit_pb2.NoFitReason) -> NoFitReason:
    known = message.kind in fit_pb2.NoFitKind.values()
    kind = fit_pb2.NoFitKind.Name(message.kind).removeprefix("NO_FIT_KIND_") if known else "UNSPECIFIED"
    return NoFitReason(kind, message.message, tuple(message.device_has), tuple(message.packages_want))
