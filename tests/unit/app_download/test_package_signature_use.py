"""What becomes of a verdict: in the manifest that is kept, and in the choice for a device."""

import io
from pathlib import Path
from zipfile import ZipFile

import pytest
from tests.unit.app_download.samples import apk, phone

from appshare.app_download.fitting.device_fit import choose
from appshare.app_download.model import Fit, NoFit, NoFitKind
from appshare.app_download.package_reader import PackageRefused, ReadingLimits, RefusalReason, read_package
from appshare.app_download.package_reading.manifest import sandbox_version
from appshare.app_download.package_reading.reading import replaceable
from appshare.app_download.package_signature.lineage import Capability, LineageCertificate
from appshare.app_download.package_signature.signed import Scheme
from appshare.app_download.package_signature.verdict import SignatureVerdict

SAMPLE = Path(__file__).parents[3] / "tests" / "packages" / "chat-1.0.apk"
LIMITS = ReadingLimits()


@pytest.mark.parametrize(("sdk", "fits"), [(27, False), (28, True)])
def test_a_device_is_too_old_for_a_package_whose_signature_it_does_not_know(sdk: int, *, fits: bool) -> None:
    answer = choose(phone(sdk_version=sdk), [apk(min_sdk=21, signature_min_sdk=28)])
    if fits:
        assert isinstance(answer, Fit)
    else:
        assert isinstance(answer, NoFit)
        (reason,) = answer.reasons
        assert (reason.kind, reason.device_has, reason.packages_want) == (NoFitKind.MIN_SDK, ("27",), ("28",))


def verdict(*lineage: LineageCertificate) -> SignatureVerdict:
    return SignatureVerdict(schemes=(Scheme.V3,), min_api=28, signers=("current",), lineage=lineage)


def test_a_package_replaces_those_whose_data_it_may_take_over() -> None:
    assert replaceable(
        verdict(
            LineageCertificate("first", Capability.INSTALLED_DATA | Capability.PERMISSION),
            LineageCertificate("leaked", Capability.PERMISSION),
            LineageCertificate("current", Capability(0)),
        )
    ) == ("first", "current")


def test_a_signer_who_never_changed_has_no_lineage() -> None:
    assert replaceable(verdict()) == ()


@pytest.mark.parametrize(("attribute", "version"), [("", 1), ('android:targetSandboxVersion="2"', 2)])
def test_the_sandbox_version_is_read(attribute: str, version: int) -> None:
    text = f'<manifest xmlns:android="http://schemas.android.com/apk/res/android" {attribute}/>'
    assert sandbox_version(text, {}.get) == version


def unsigned(target: Path) -> Path:
    """The sample without any signature."""
    with ZipFile(SAMPLE) as source, ZipFile(target, "w") as archive:
        for name in source.namelist():
            if not name.startswith("META-INF/"):
                archive.writestr(name, source.read(name))
    return target


async def test_an_unsigned_package_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PackageRefused) as refused:
        await read_package(unsigned(tmp_path / "app.apk"), LIMITS)
    assert (refused.value.reason, refused.value.message) == (
        RefusalReason.SIGNATURE_MISSING,
        "the package is not signed",
    )


async def test_an_unsigned_package_is_read_by_a_caller_who_does_not_mind(tmp_path: Path) -> None:
    manifest = await read_package(unsigned(tmp_path / "app.apk"), LIMITS, require_signature=False)
    assert (manifest.package_name, manifest.signer_sha256) == ("org.appshare.sample.chat", "")


async def test_a_package_that_was_changed_is_refused(tmp_path: Path) -> None:
    package = bytearray(SAMPLE.read_bytes())
    with ZipFile(io.BytesIO(package)) as archive:
        icon = next(entry for entry in archive.infolist() if entry.filename.endswith(".png"))
    package[icon.header_offset + 100] ^= 1
    path = tmp_path / "app.apk"
    path.write_bytes(package)
    with pytest.raises(PackageRefused) as refused:
        await read_package(path, LIMITS)
    assert refused.value.reason == RefusalReason.SIGNATURE_INVALID
