"""A split set is read as the packages that it is made of."""

import hashlib
import io
from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.unit.app_download.samples import phone
from tests.unit.app_download.split_sets.set_files import CHAT, SAMPLES, STANDALONES, archive, standalone_toc

from appshare.app_download.fitting.device_fit import choose
from appshare.app_download.model import Fit, PackageManifest
from appshare.app_download.package_reader import PackageRefused, ReadingLimits, RefusalReason, read_package_or_set
from appshare.app_download.package_reading.set_reading import read_package_or_set as read_here
from appshare.app_download.package_set import PackageSet

LIMITS = ReadingLimits()
APKS = {"toc.pb": standalone_toc(*CHAT), **STANDALONES}


def refusal(entries: Mapping[str, bytes]) -> PackageRefused:
    with pytest.raises(PackageRefused) as refused:
        read_here(io.BytesIO(archive(entries)), LIMITS)
    return refused.value


def sample(name: str) -> bytes:
    return (SAMPLES / name).read_bytes()


async def test_a_set_is_read_in_a_process_of_its_own(tmp_path: Path) -> None:
    file = tmp_path / "chat.apks"
    file.write_bytes(archive(APKS, compressed=True))
    package_set = await read_package_or_set(file, LIMITS)
    assert isinstance(package_set, PackageSet)
    assert package_set == read_here(io.BytesIO(file.read_bytes()), LIMITS)
    assert [(part.file_name, part.size, part.sha256) for part in package_set.parts] == [
        (f"chat-{abi}.apk", len(CHAT[abi]), hashlib.sha256(CHAT[abi]).hexdigest()) for abi in sorted(CHAT)
    ]
    assert all(part.manifest.signer_sha256 for part in package_set.parts)


async def test_a_package_is_read_as_before() -> None:
    manifest = await read_package_or_set(SAMPLES / "chat-1.0.apk", LIMITS)
    assert isinstance(manifest, PackageManifest)
    assert (manifest.package_name, manifest.version_code) == ("org.appshare.sample.chat", 100)


async def test_a_refusal_crosses_the_process_border(tmp_path: Path) -> None:
    file = tmp_path / "chat.apks"
    file.write_bytes(archive({"toc.pb": APKS["toc.pb"]}))
    with pytest.raises(PackageRefused) as refused:
        await read_package_or_set(file, LIMITS)
    assert refused.value.reason == RefusalReason.MALFORMED_SET


def test_a_set_that_was_read_is_fitted() -> None:
    package_set = read_here(io.BytesIO(archive(APKS)), LIMITS)
    assert isinstance(package_set, PackageSet)
    fit = choose(phone(supported_abis=("armeabi-v7a",)), [package_set])
    assert isinstance(fit, Fit)
    assert [part.file_name for part in fit.artifacts] == ["chat-armeabi-v7a.apk"]


def test_a_set_without_a_table_of_contents_needs_different_splits() -> None:
    base = read_here(io.BytesIO(archive({"chat.apk": sample("chat-1.0.apk")})), LIMITS)
    assert isinstance(base, PackageSet)
    assert base.table_of_contents is None
    assert refusal(STANDALONES).reason == RefusalReason.INCONSISTENT_SET


@pytest.mark.parametrize(
    ("other", "problem"),
    [
        ("mail-1.0.apk", "its parts are of several apps"),
        ("chat-3.0-x86_64.apk", "its parts are of several versions"),
    ],
)
def test_packages_that_do_not_belong_together_are_refused(other: str, problem: str) -> None:
    refused = refusal({**APKS, "standalones/chat-x86_64.apk": sample(other)})
    assert (refused.reason, refused.message) == (RefusalReason.INCONSISTENT_SET, f"no split set: {problem}")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"no package", RefusalReason.NOT_AN_APK),
        (CHAT["x86_64"][:-1], RefusalReason.TRUNCATED),
        (b"#" + CHAT["x86_64"], RefusalReason.NOT_STARTING_WITH_ZIP_HEADER),
        (CHAT["x86_64"].replace(b"\x7fELF", b"\x7fFLE"), RefusalReason.SIGNATURE_INVALID),
    ],
)
def test_a_set_is_refused_for_what_is_wrong_with_a_part(content: bytes, reason: RefusalReason) -> None:
    refused = refusal({**APKS, "standalones/chat-x86_64.apk": content})
    assert refused.reason == reason
    assert refused.message.startswith("'standalones/chat-x86_64.apk': ")
