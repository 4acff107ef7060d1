"""What an operator refuses although there may be devices that install it."""

from collections.abc import Sequence
from dataclasses import dataclass

from appshare import errors
from appshare.app_download.package import Package

# Google Play's rule (developer.android.com/google/play/requirements/64-bit): to each of the first belongs the second.
_SUCCESSORS = {"armeabi": "arm64-v8a", "armeabi-v7a": "arm64-v8a", "x86": "x86_64", "mips": "mips64"}


@dataclass(frozen=True, slots=True, kw_only=True)
class AdmissionPolicy:
    """What is refused; each is a setting of AppDownload."""

    refuse_debuggable: bool = True
    refuse_test_only: bool = True
    refuse_debug_certificate: bool = True
    refuse_32_bit_only: bool = False
    lowest_target_sdk: int = 0


def require_allowed(package: Package, present: Sequence[Package], policy: AdmissionPolicy) -> None:
    """Refuses a package that the policy does not allow.

    Args:
        package: that is to be added; of a set each part counts.
        present: the packages of the app that the catalogue has: 64-bit code may be in a package of its own.
        policy: what is refused.

    Raises:
        errors.InvalidArgumentError: PACKAGE_DEBUGGABLE, PACKAGE_TEST_ONLY, PACKAGE_DEBUG_CERTIFICATE,
            PACKAGE_TARGET_SDK_TOO_LOW or PACKAGE_32_BIT_ONLY.
    """
    manifests = [file.manifest for file in package.files]
    if policy.refuse_debuggable and any(manifest.debuggable for manifest in manifests):
        raise _refused(
            errors.Reason.PACKAGE_DEBUGGABLE,
            "it is debuggable, so whoever holds the phone can read what the app stores; add the release build",
            "REFUSE_DEBUGGABLE=false",
        )
    if policy.refuse_test_only and any(manifest.test_only for manifest in manifests):
        raise _refused(
            errors.Reason.PACKAGE_TEST_ONLY,
            "it is for tests only, and phones install it from a developer's cable only; add the release build",
            "REFUSE_TEST_ONLY=false",
        )
    if policy.refuse_debug_certificate and any(manifest.debug_certificate for manifest in manifests):
        raise _refused(
            errors.Reason.PACKAGE_DEBUG_CERTIFICATE,
            "it is signed with a debug key, which is no secret, so anybody can sign an update; add one that its"
            " developer has signed for release",
            "REFUSE_DEBUG_CERTIFICATE=false",
        )
    if (target := package.manifest.target_sdk) < policy.lowest_target_sdk:
        raise _refused(
            errors.Reason.PACKAGE_TARGET_SDK_TOO_LOW,
            f"it targets SDK {target}, and you take {policy.lowest_target_sdk} and newer; add a newer build",
            f"LOWEST_TARGET_SDK={target}",
        )
    if policy.refuse_32_bit_only and (lacking := _lacking_abis(package, present)):
        raise _refused(
            errors.Reason.PACKAGE_32_BIT_ONLY,
            f"it has 32-bit code and none for {', '.join(lacking)}; add the 64-bit package of this version first",
            "REFUSE_32_BIT_ONLY=false",
        )


def _lacking_abis(package: Package, present: Sequence[Package]) -> list[str]:
    """The 64-bit ABIs for which neither the package nor another one of its version has code."""
    version = package.manifest.version_code
    beside = [each for each in present if each.manifest.version_code == version]
    served = {abi for each in (package, *beside) for file in each.files for abi in file.manifest.abis}
    own = {abi for file in package.files for abi in file.manifest.abis}
    return sorted({_SUCCESSORS[abi] for abi in own & _SUCCESSORS.keys()} - served)


def _refused(reason: errors.Reason, fact: str, setting: str) -> errors.InvalidArgumentError:
    return errors.InvalidArgumentError(
        reason, f"the package is refused: {fact}, or start AppDownload with APPSHARE_{setting}"
    )
