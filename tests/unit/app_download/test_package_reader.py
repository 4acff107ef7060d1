import asyncio
import time
from pathlib import Path
from zipfile import ZipFile

import pytest

from appshare.app_download.package_reader import PackageRefused, ReadingLimits, RefusalReason, read_package

SAMPLE = Path(__file__).parents[3] / "tests" / "packages" / "chat-1.0.apk"


async def refusal(path: Path, limits: ReadingLimits | None = None) -> PackageRefused:
    with pytest.raises(PackageRefused) as refused:
        await read_package(path, limits or ReadingLimits())
    return refused.value


async def test_a_package_is_read() -> None:
    assert (await read_package(SAMPLE, ReadingLimits())).package_name == "org.appshare.sample.chat"


async def test_many_packages_are_read_at_a_time() -> None:
    manifests = await asyncio.gather(*(read_package(SAMPLE, ReadingLimits()) for _ in range(4)))
    assert len(set(manifests)) == 1


async def test_a_refusal_crosses_the_process_border(tmp_path: Path) -> None:
    path = tmp_path / "app.apk"
    path.write_bytes(b"no package at all")
    refused = await refusal(path)
    assert (refused.reason, refused.message) == (RefusalReason.NOT_AN_APK, "the file is not a ZIP archive")


async def test_a_manifest_that_is_no_binary_xml_is_refused(tmp_path: Path) -> None:
    with ZipFile(tmp_path / "app.apk", "w") as archive:
        archive.writestr("AndroidManifest.xml", '<manifest package="org.example.app"/>')
    assert (await refusal(tmp_path / "app.apk")).reason == RefusalReason.MALFORMED_MANIFEST


async def test_a_package_that_takes_too_much_memory_is_refused(tmp_path: Path) -> None:
    with ZipFile(tmp_path / "app.apk", "w") as archive:
        archive.writestr("AndroidManifest.xml", b"")
        archive.writestr("resources.arsc", bytes(64 << 20))
    refused = await refusal(tmp_path / "app.apk", ReadingLimits(memory_bytes=64 << 20))
    assert refused.reason == RefusalReason.TOO_LARGE


async def test_a_reader_that_takes_too_long_is_ended() -> None:
    started = time.monotonic()
    refused = await refusal(SAMPLE, ReadingLimits(wall_seconds=0.001))
    assert refused.reason == RefusalReason.TIMED_OUT
    assert time.monotonic() - started < 5


async def test_a_missing_file_is_no_refusal(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        await read_package(tmp_path / "missing.apk", ReadingLimits())
