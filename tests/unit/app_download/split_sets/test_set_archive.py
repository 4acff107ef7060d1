"""The archive around a split set, sound and hostile."""

import io
import json
from collections.abc import Mapping

import pytest
from tests.unit.app_download.split_sets.set_files import archive
from tests.unit.app_download.split_sets.toc_bytes import message, nested, text

from appshare.app_download.package_reading.limits import ReadingLimits
from appshare.app_download.package_reading.refusal import PackageRefused, RefusalReason
from appshare.app_download.package_reading.set_archive import SetArchive, is_set

LIMITS = ReadingLimits()


def toc_of(*paths: str) -> bytes:
    return message(nested(1, nested(2, *(nested(2, text(2, path), nested(3)) for path in paths))))


TOC = toc_of("splits/base-master.apk", "splits/base-en.apk")
APKS = {"toc.pb": TOC, "splits/base-master.apk": b"master", "splits/base-en.apk": b"english", "splits/other.apk": b"?"}


def opened(entries: Mapping[str, bytes], limits: ReadingLimits = LIMITS, *, compressed: bool = False) -> SetArchive:
    return SetArchive(io.BytesIO(archive(entries, compressed=compressed)), limits)


def refusal(entries: Mapping[str, bytes], limits: ReadingLimits = LIMITS) -> RefusalReason:
    with pytest.raises(PackageRefused) as refused:
        opened(entries, limits)
    return refused.value.reason


@pytest.mark.parametrize("compressed", [False, True])
def test_the_packages_of_the_table_of_contents_are_read(*, compressed: bool) -> None:
    apks = opened(APKS, compressed=compressed)
    assert apks.paths == ("splits/base-en.apk", "splits/base-master.apk")
    assert [(apks.size(path), b"".join(apks.chunks(path))) for path in apks.paths] == [(7, b"english"), (6, b"master")]


def test_the_table_of_contents_may_be_json() -> None:
    in_json = {"variant": [{"apkSet": [{"apkDescription": [{"path": "splits/base-en.apk"}]}]}]}
    entries = {name: content for name, content in APKS.items() if name != "toc.pb"}
    apks = opened({**entries, "toc.json": json.dumps(in_json).encode()})
    assert apks.paths == ("splits/base-en.apk",)


def test_without_a_table_of_contents_all_packages_are_read() -> None:
    xapk = opened({"manifest.json": b"not looked at", "base.apk": b"1", "config.de.apk": b"2", "icon.png": b""})
    assert (xapk.table_of_contents, xapk.paths) == (None, ("base.apk", "config.de.apk"))


@pytest.mark.parametrize(
    ("entries", "answer"),
    [
        ({"toc.pb": b""}, True),
        ({"base.apk": b""}, True),
        ({"AndroidManifest.xml": b"", "assets/inner.apk": b""}, False),
        ({"AndroidManifest.xml": b"", "toc.pb": b""}, False),
        ({"readme.txt": b""}, False),
    ],
)
def test_a_set_holds_packages_and_is_none(entries: dict[str, bytes], *, answer: bool) -> None:
    assert is_set(io.BytesIO(archive(entries)), LIMITS) == answer


@pytest.mark.parametrize(
    "entries",
    [
        {"readme.txt": b""},
        {"toc.pb": b""},
        {"toc.pb": b"\x0a"},
        {"toc.pb": TOC, "toc.json": b"{}"},
        {"toc.pb": TOC, "splits/base-en.apk": b""},
        {"toc.pb": toc_of("a/x.apk", "b/x.apk"), "a/x.apk": b"", "b/x.apk": b""},
        {"toc.pb": toc_of("splits/"), "splits/": b""},
        {"toc.pb": toc_of("splits/a\\b.apk"), "splits/a\\b.apk": b""},
        {"toc.pb": toc_of("x" * 256), "x" * 256: b""},
        {"..\n.apk": b""},
        {"base.apk": b"", "Android/obb/main.obb": b""},
    ],
)
def test_a_set_that_makes_no_sense_is_refused(entries: dict[str, bytes]) -> None:
    assert refusal(entries) == RefusalReason.MALFORMED_SET


def test_a_set_with_a_path_that_leads_out_of_it_is_refused() -> None:
    entries = {"toc.pb": toc_of("../x.apk"), "../x.apk": b""}
    assert refusal(entries) == RefusalReason.MALFORMED_ARCHIVE


@pytest.mark.parametrize(
    "limits",
    [
        ReadingLimits(set_parts=1),
        ReadingLimits(part_bytes=6),
        ReadingLimits(toc_bytes=10),
        ReadingLimits(entries=3),
        ReadingLimits(unpacked_bytes=20),
    ],
)
def test_a_set_beyond_the_limits_is_refused(limits: ReadingLimits) -> None:
    assert refusal(APKS, limits) == RefusalReason.TOO_LARGE


def test_bytes_before_the_archive_are_refused() -> None:
    with pytest.raises(PackageRefused) as refused:
        SetArchive(io.BytesIO(b"#!/bin/sh\n" + archive(APKS)), LIMITS)
    assert refused.value.reason == RefusalReason.NOT_STARTING_WITH_ZIP_HEADER


def test_a_package_that_is_damaged_is_refused_when_it_is_read() -> None:
    damaged = archive({"base.apk": b"content"}).replace(b"content", b"CONTENT")
    apks = SetArchive(io.BytesIO(damaged), LIMITS)
    with pytest.raises(PackageRefused) as refused:
        list(apks.chunks("base.apk"))
    assert refused.value.reason == RefusalReason.MALFORMED_ARCHIVE
