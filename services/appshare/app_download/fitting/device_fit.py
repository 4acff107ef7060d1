"""Which build of an app fits a device: whole APKs, one file per variant, and split sets.

The order of the decision: keep what fits the device and the pinned signer, take what the operator puts before the
rest, then the highest version code, then the kind of build, then what the device prefers. (Newest first and tested
afterwards would leave a device with nothing although an older version fits.)
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from appshare.app_download.fitting import apk_fit, set_fit
from appshare.app_download.fitting.fit_rules import Miss, misses
from appshare.app_download.fitting.no_fit import NOT_IN_CATALOGUE, reasons
from appshare.app_download.fitting.rulings import NO_RULING, Ruling
from appshare.app_download.fitting.split_sets.selection import Selection
from appshare.app_download.model import Artifact, DeviceProfile, Fit, NoFit, PackageManifest
from appshare.app_download.package import Build, manifest_of
from appshare.app_download.signer_pin import SignerPin


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A build that fits, and what of it would be installed."""

    build: Build
    artifacts: tuple[Artifact, ...]
    """The base first."""
    why: tuple[str, ...] = ()
    """What the set says; of a whole APK nothing."""
    ruling: Ruling = NO_RULING

    @property
    def manifest(self) -> PackageManifest:
        return manifest_of(self.build)


def choose(
    profile: DeviceProfile,
    builds: Sequence[Build],
    pinned_signer: SignerPin | str | None = None,
    modules: Collection[str] = (),
    rulings: Sequence[Ruling] = (),
) -> Fit | NoFit:
    """What to install on a device, or every rule that keeps the builds from it.

    Args:
        profile: The device.
        builds: Builds of one package; their order does not matter.
        pinned_signer: The signer to accept, or the SHA-256 of the signing certificate to accept; a successor that
            proves to be one does as well. None: any.
        modules: Of a split set, what to install besides what comes at install time; a whole APK has no modules.
        rulings: What the operator has decided on each build, in their order; empty: nothing.

    Raises:
        InvalidProfile: The profile holds a value that no device can have.
    """
    profile.validate()
    if not builds:
        return NoFit((NOT_IN_CATALOGUE,))
    pin = SignerPin(pinned_signer) if isinstance(pinned_signer, str) else pinned_signer
    ruled = zip(builds, rulings or [NO_RULING] * len(builds), strict=True)
    judged = [(build, _judge(profile, build, pin, modules, ruling)) for build, ruling in ruled]
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
        why=(*_why(profile, best, fitting, pin), *_newer(profile, best, missed)),
    )


def _judge(
    profile: DeviceProfile, build: Build, pin: SignerPin | None, modules: Collection[str], ruling: Ruling
) -> _Candidate | tuple[Miss, ...]:
    if isinstance(build, Artifact):
        broken = ruling.misses + misses(profile, build.manifest, pin, ruling.lifted)
        return broken or _Candidate(build, (build,), ruling=ruling)
    selection = set_fit.select(profile, build, pin, modules, ruling.lifted)
    if not isinstance(selection, Selection):
        return ruling.misses + selection
    parts = sorted(map(build.part, selection.names), key=lambda part: part.manifest.split_name != "")
    return ruling.misses or _Candidate(build, tuple(parts), selection.why, ruling)


def _best(profile: DeviceProfile, fitting: Sequence[_Candidate]) -> _Candidate:
    """Of those that the operator puts before the rest the newest.

    Of these a set with a table of contents, then a whole APK, then a set as a phone held it: the first gives
    the device what it needs and no more, the second gives it all, the third may lack what its phone did not need, such
    as a language.
    """
    rank = min(candidate.ruling.rank for candidate in fitting)
    preferred = [candidate for candidate in fitting if candidate.ruling.rank == rank]
    newest = max(candidate.manifest.version_code for candidate in preferred)
    preferred = [candidate for candidate in preferred if candidate.manifest.version_code == newest]
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
    profile: DeviceProfile, chosen: _Candidate, fitting: Sequence[_Candidate], pin: SignerPin | None
) -> Iterator[str]:
    manifest = chosen.manifest
    versions = {candidate.manifest.version_code for candidate in fitting}
    if chosen.ruling.why:
        yield chosen.ruling.why
    if manifest.version_code == max(versions):
        yield f"version {manifest.version_code} highest of {len(versions)} that fit"
    else:
        yield f"version {manifest.version_code}, although {max(versions)} fits as well"
    yield _sdk_explained(profile, manifest)
    yield from chosen.why
    if isinstance(chosen.build, Artifact):
        yield from apk_fit.explain(profile, manifest)
    if pin is not None:
        yield "signer as pinned" if manifest.signer_sha256 == pin.signer_sha256 else "signer succeeds the pinned one"
    if manifest.test_only:
        yield "for tests only: a phone takes it from a developer's cable only (adb install -t)"


def _sdk_explained(profile: DeviceProfile, manifest: PackageManifest) -> str:
    lowest, highest = manifest.min_sdk_codename or manifest.install_min_sdk, manifest.max_sdk
    if highest is None:
        return f"SDK {profile.sdk_version} at least {lowest}"
    if profile.sdk_version is not None and profile.sdk_version > highest:
        return f"SDK {profile.sdk_version} above {lowest} to {highest}, which the operator lifts"
    return f"SDK {profile.sdk_version} within {lowest} to {highest}"


def _newer(profile: DeviceProfile, chosen: _Candidate, missed: Sequence[tuple[int, tuple[Miss, ...]]]) -> Iterator[str]:
    """`version 300 needs Android 12; you have 10`: what keeps the device from the newest version, if that is newer."""
    newest = max((version for version, _ in missed), default=0)
    if newest > chosen.manifest.version_code:
        first, *_ = reasons(profile, [misses for version, misses in missed if version == newest])
        yield f"version {newest} {first.message}"
