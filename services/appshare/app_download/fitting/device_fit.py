"""Which build of an app fits a device: whole APKs, one file per variant, and split sets.

The order of the decision: keep what fits the device and the pinned signer, take the highest version code, then the
kind of build, then what the device prefers. (Newest first and tested afterwards would leave a device with nothing
although an older version fits.)
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from appshare.app_download.fitting import apk_fit, set_fit
from appshare.app_download.fitting.fit_rules import Miss, misses
from appshare.app_download.fitting.no_fit import NOT_IN_CATALOGUE, reasons
from appshare.app_download.fitting.split_sets.selection import Selection
from appshare.app_download.model import Artifact, DeviceProfile, Fit, NoFit, PackageManifest
from appshare.app_download.package import Build, manifest_of


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A build that fits, and what of it would be installed."""

    build: Build
    artifacts: tuple[Artifact, ...]
    why: tuple[str, ...] = ()
    """What the set says; of a whole APK nothing."""

    @property
    def manifest(self) -> PackageManifest:
        return manifest_of(self.build)


def choose(
    profile: DeviceProfile,
    builds: Sequence[Build],
    pinned_signer: str | None = None,
    modules: Collection[str] = (),
) -> Fit | NoFit:
    """What to install on a device, or every rule that keeps the builds from it.

    Args:
        profile: The device.
        builds: Builds of one package; their order does not matter.
        pinned_signer: SHA-256 of the only signing certificate to accept, or a successor that proves to be one; None
            accepts any.
        modules: Of a split set, what to install besides what comes at install time; a whole APK has no modules.

    Raises:
        InvalidProfile: The profile holds a value that no device can have.
    """
    profile.validate()
    if not builds:
        return NoFit((NOT_IN_CATALOGUE,))
    judged = [(build, _judge(profile, build, pinned_signer, modules)) for build in builds]
    fitting = [each for _, each in judged if isinstance(each, _Candidate)]
    missed = [(manifest_of(build).version_code, each) for build, each in judged if not isinstance(each, _Candidate)]
    if not fitting:
        return NoFit(reasons(profile, [misses for _, misses in missed]))
    best = _best(profile, fitting)
    return Fit(
        artifacts=best.artifacts,
        package_name=best.manifest.package_name,
        version_code=best.manifest.version_code,
        version_name=best.manifest.version_name,
        why=(*_why(profile, best, fitting, pinned_signer), *_newer(profile, best, missed)),
    )


def _judge(
    profile: DeviceProfile, build: Build, pinned_signer: str | None, modules: Collection[str]
) -> _Candidate | tuple[Miss, ...]:
    if isinstance(build, Artifact):
        return misses(profile, build.manifest, pinned_signer) or _Candidate(build, (build,))
    selection = set_fit.select(profile, build, pinned_signer, modules)
    if not isinstance(selection, Selection):
        return selection
    return _Candidate(build, tuple(map(build.part, selection.names)), selection.why)


def _best(profile: DeviceProfile, fitting: Sequence[_Candidate]) -> _Candidate:
    """The newest; of these a set with a table of contents, then a whole APK, then a set as a phone held it.

    The first gives the device what it needs and no more, the second gives it all, the third may lack what its phone
    did not need, such as a language.
    """
    newest = max(candidate.manifest.version_code for candidate in fitting)
    preferred = [candidate for candidate in fitting if candidate.manifest.version_code == newest]
    kind = min(_kind(candidate.build) for candidate in preferred)
    preferred = [candidate for candidate in preferred if _kind(candidate.build) == kind]
    apks = {candidate.build: candidate for candidate in preferred if isinstance(candidate.build, Artifact)}
    return apks[apk_fit.best(profile, list(apks))] if apks else min(preferred, key=_cost)


def _kind(build: Build) -> int:
    if isinstance(build, Artifact):
        return 1
    return 0 if build.table_of_contents else 2


def _cost(candidate: _Candidate) -> tuple[int, list[str]]:
    """The bytes of a set for the device; the digests decide between equals."""
    return sum(part.size for part in candidate.artifacts), sorted(part.sha256 for part in candidate.artifacts)


def _why(
    profile: DeviceProfile, chosen: _Candidate, fitting: Sequence[_Candidate], pinned_signer: str | None
) -> Iterator[str]:
    manifest = chosen.manifest
    versions = {candidate.manifest.version_code for candidate in fitting}
    yield f"version {manifest.version_code} highest of {len(versions)} that fit"
    lowest = manifest.min_sdk_codename or manifest.install_min_sdk
    limits = f"at least {lowest}" if manifest.max_sdk is None else f"within {lowest} to {manifest.max_sdk}"
    yield f"SDK {profile.sdk_version} {limits}"
    yield from chosen.why
    if isinstance(chosen.build, Artifact):
        yield from apk_fit.explain(profile, manifest)
    if pinned_signer is not None:
        yield "signer as pinned" if manifest.signer_sha256 == pinned_signer else "signer succeeds the pinned one"


def _newer(profile: DeviceProfile, chosen: _Candidate, missed: Sequence[tuple[int, tuple[Miss, ...]]]) -> Iterator[str]:
    """`version 300 needs Android 12; you have 10`: what keeps the device from the newest version, if that is newer."""
    newest = max((version for version, _ in missed), default=0)
    if newest > chosen.manifest.version_code:
        first, *_ = reasons(profile, [misses for version, misses in missed if version == newest])
        yield f"version {newest} {first.message}"
