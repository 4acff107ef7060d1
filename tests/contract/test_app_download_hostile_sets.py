"""Split sets that nobody should send: refused with a reason, and nothing of them stays anywhere."""

import asyncio
import errno
import hashlib
import io
import struct
import sys
import tempfile
import zipfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from tests.support.app_download import SERVICE, add, assert_nothing_is_left, refusal, serving, stored
from tests.support.uploads import announce, zipped
from tests.unit.app_download.split_sets.toc_bytes import message, nested, text

from appshare import errors
from appshare.app_download import ingestion, package_files
from appshare.app_download.package_reader import unpacked_part
from appshare.app_download.storages import local
from appshare.v1 import app_download_pb2 as pb
from appshare.v1 import fit_pb2
from appshare.v1.app_download_pb2_grpc import AppDownloadServiceStub

pytestmark = pytest.mark.usefixtures("fresh_store")

SETS = Path(__file__).parents[1] / "packages" / "sets"
APKS = (SETS / "notes-1.0.apks").read_bytes()
HELD = {path.name: path.read_bytes() for path in sorted((SETS / "notes-2.0-held").iterdir())}
GIB = 1 << 30


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for what is written in passing."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture
async def stub(tmp_path: Path, scratch: Path) -> AsyncIterator[AppDownloadServiceStub]:
    async with serving(tmp_path) as opened:
        yield opened


def tampered(entries: dict[str, bytes], change: Callable[[list[zipfile.ZipInfo]], None]) -> bytes:
    """A compressed archive whose directory says something else than what is there."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
        change(archive.filelist)
    return file.getvalue()


def says_size(size: int) -> Callable[[list[zipfile.ZipInfo]], None]:
    def change(directory: list[zipfile.ZipInfo]) -> None:
        for entry in directory:
            entry.file_size = size

    return change


def says(**facts: int) -> Callable[[list[zipfile.ZipInfo]], None]:
    """Of the last entry."""

    def change(directory: list[zipfile.ZipInfo]) -> None:
        for name, value in facts.items():
            setattr(directory[-1], name, value)

    return change


def with_many_entries(count: int) -> bytes:
    """A directory as small as it can be for so many entries."""
    local = struct.pack("<4s5H3L2H", b"PK\x03\x04", 20, 0, 0, 0, 0, 0, 0, 0, 5, 0) + b"a.apk"
    entry = struct.pack("<4s6H3L5H2L", b"PK\x01\x02", 20, 20, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0) + b"a.apk"
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, len(entry) * count, len(local), 0)
    return local + entry * count + end


def doubled(entries: dict[str, bytes]) -> bytes:
    return zipped({**entries, "base.apx": entries["base.apk"]}).replace(b"base.apx", b"base.apk")


def toc_of(path: str) -> bytes:
    return message(nested(1, nested(2, nested(2, text(2, path), nested(3)))))


def two(content: bytes) -> dict[str, bytes]:
    return {"base.apk": content, "split_config.de.apk": content}


def bomb() -> dict[str, bytes]:
    return two(bytes(64 << 20))


HOSTILE: dict[str, tuple[Callable[[], bytes], errors.Reason]] = {
    "a part that says it has 4 GB": (lambda: tampered(HELD, says_size(4 * GIB)), errors.Reason.PACKAGE_TOO_LARGE),
    "parts that say they have 5 GB together": (lambda: tampered(HELD, says_size(GIB)), errors.Reason.PACKAGE_TOO_LARGE),
    "a bomb": (lambda: tampered(bomb(), lambda _: None), errors.Reason.PACKAGE_NOT_AN_APK),
    "a bomb that says it is small": (lambda: tampered(bomb(), says_size(1000)), errors.Reason.PACKAGE_MALFORMED),
    "too many entries": (lambda: with_many_entries(100_001), errors.Reason.PACKAGE_TOO_LARGE),
    "two parts of one name": (lambda: doubled(HELD), errors.Reason.PACKAGE_AMBIGUOUS),
    "two parts of one name but for capitals": (
        lambda: zipped({**HELD, "a/BASE.apk": HELD["base.apk"]}),
        errors.Reason.PACKAGE_SET_MALFORMED,
    ),
    "a way out of the folder": (lambda: zipped({**HELD, "../../x.apk": b""}), errors.Reason.PACKAGE_MALFORMED),
    "a table of contents that points outside": (
        lambda: zipped({"toc.pb": toc_of("../../base.apk"), **HELD}),
        errors.Reason.PACKAGE_SET_MALFORMED,
    ),
    "a table of contents that is none": (
        lambda: zipped({"toc.pb": b"\xff" * 99, **HELD}),
        errors.Reason.PACKAGE_SET_MALFORMED,
    ),
    "a set in a set": (lambda: zipped({"notes.apks": APKS}), errors.Reason.PACKAGE_SET_MALFORMED),
    "a set that is called a package": (lambda: zipped({"base.apk": APKS}), errors.Reason.PACKAGE_NOT_AN_APK),
    "expansion files": (lambda: zipped({**HELD, "Android/obb/x/main.obb": b""}), errors.Reason.PACKAGE_SET_MALFORMED),
    "an encrypted part": (lambda: tampered(HELD, says(flag_bits=1)), errors.Reason.PACKAGE_MALFORMED),
    "an unknown compression": (lambda: tampered(HELD, says(compress_type=99)), errors.Reason.PACKAGE_MALFORMED),
    "parts that overlap": (lambda: tampered(HELD, says(header_offset=0)), errors.Reason.PACKAGE_MALFORMED),
    "a truncated archive": (lambda: zipped(HELD)[:-30], errors.Reason.PACKAGE_MALFORMED),
    "something before the archive": (lambda: b"#!/bin/sh\n" + zipped(HELD), errors.Reason.PACKAGE_AMBIGUOUS),
}
"""Made only by the worker that plays them: two of them take a second."""


@pytest.mark.parametrize(("make", "reason"), HOSTILE.values(), ids=HOSTILE)
async def test_a_hostile_set_is_refused_and_leaves_nothing(
    stub: AppDownloadServiceStub, tmp_path: Path, scratch: Path, make: Callable[[], bytes], reason: errors.Reason
) -> None:
    assert (await refusal(stub, {"notes.xapk": make()})).reason is reason
    await assert_nothing_is_left(stub, tmp_path)
    assert not list(scratch.iterdir())


async def test_a_set_may_be_in_the_zip64_format_and_a_package_may_not(stub: AppDownloadServiceStub) -> None:
    assert (await add(stub, {"notes.xapk": in_zip64(HELD)})).version_code == 20
    whole = {"AndroidManifest.xml": b""}
    refused = await refusal(stub, {"notes.apk": in_zip64(whole)})
    assert (refused.reason, refused.message) == (errors.Reason.PACKAGE_MALFORMED, "it is in the ZIP64 format")


def in_zip64(entries: dict[str, bytes]) -> bytes:
    """An archive whose end is written in both formats."""
    content = zipped(entries)
    *_, count, size, offset, _ = struct.unpack("<4s4H2LH", content[-22:])
    end64 = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, count, count, size, offset)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, offset + size, 1)
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    return content[:-22] + end64 + locator + end


async def test_a_reading_process_that_says_something_else_than_it_unpacked_is_not_believed(
    stub: AppDownloadServiceStub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = ingestion.read_package_or_set

    async def read_and_change(path: Path, limits: Any, *, unpack_into: Path) -> Any:
        found = await read(path, limits, unpack_into=unpack_into)
        unpacked_part(unpack_into, 2).write_bytes(b"something else")
        return found

    monkeypatch.setattr(ingestion, "read_package_or_set", read_and_change)
    refused = await refusal(stub, {"notes.xapk": zipped(HELD)})
    assert refused.reason is errors.Reason.PACKAGE_SET_MALFORMED
    await assert_nothing_is_left(stub, tmp_path)


async def test_a_link_in_place_of_a_part_is_not_followed(tmp_path: Path) -> None:
    files = package_files.PackageFiles(tmp_path)
    files.prepare()
    async with files.unpacking() as folder:
        (folder / "0.apk").symlink_to("/etc/passwd")
        with pytest.raises(OSError, match="symbolic"):
            await files.unpacked(folder / "0.apk")


async def test_a_disk_that_is_full_half_way_leaves_nothing_of_the_set_and_all_of_the_others(
    stub: AppDownloadServiceStub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await add(stub, {"notes.xapk": zipped(HELD)})
    before, moved, move = stored(tmp_path), [], local._move

    def move_twice(source: Path, target: Path) -> None:
        if len(moved) == 2:
            raise OSError(errno.ENOSPC, "no space left")
        moved.append(target)
        move(source, target)

    monkeypatch.setattr(local, "_move", move_twice)
    for files in (HELD, {"notes.apks": APKS}):
        moved.clear()
        with pytest.raises(errors.UnavailableError) as failure:
            await add(stub, files)
        assert failure.value.reason is errors.Reason.STORAGE_UNAVAILABLE
        assert stored(tmp_path) == before


async def test_chunks_may_not_go_back_to_a_file_that_is_done(stub: AppDownloadServiceStub, tmp_path: Path) -> None:
    files = two(b"12345")
    for steps in ([(1, 0), (0, 0)], [(0, 0), (1, 1)], [(0, 0), (2, 0)]):

        async def requests(steps: list[tuple[int, int]] = steps) -> AsyncIterator[pb.IngestRequest]:
            yield pb.IngestRequest(header=announce(files))
            for index, offset in steps:
                yield pb.IngestRequest(chunk=fit_pb2.FileChunk(file_index=index, offset=offset, data=b"12345"))

        with pytest.raises(errors.InvalidArgumentError) as refused:
            await SERVICE.upload(stub.Ingest, requests())
        assert refused.value.field == "chunk"
    await assert_nothing_is_left(stub, tmp_path)


@pytest.mark.parametrize(
    ("files", "field"),
    [
        ({}, "header.files"),
        ({"base.apk": b"", "BASE.apk": b""}, "header.files"),
        ({f"{number}.apk": b"" for number in range(201)}, "header.files"),
        ({"base.apk": b"", "../x.apk": b""}, "header.files[1].name"),
    ],
)
async def test_what_is_announced_is_checked(stub: AppDownloadServiceStub, files: dict[str, bytes], field: str) -> None:
    refused = await refusal(stub, files)
    assert (refused.reason, refused.field) == (errors.Reason.INVALID_FIELD, field)


async def test_the_files_of_a_package_are_measured_together(stub: AppDownloadServiceStub) -> None:
    content = bytes(5 << 20)
    assert (await refusal(stub, two(content))).reason is errors.Reason.PACKAGE_TOO_LARGE


CRASH = """
import asyncio, hashlib, os, signal, sys
from pathlib import Path
from appshare.app_download import package_files
from appshare.app_download.admission_policy import AdmissionPolicy
from appshare.app_download.catalogue import Catalogue
from appshare.app_download.ingestion import Ingestion
from appshare.app_download.model import AnnouncedFile, AnnouncedPackage
from appshare.app_download.package_reader import ReadingLimits
from appshare.app_download.storages import local
from appshare.app_download.stores.opening import opened_stores

point, folder, file = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
calls = {}


def die(name):
    calls[name] = calls.get(name, 0) + 1
    if point == f"{name} {calls[name]}":
        os.kill(os.getpid(), signal.SIGKILL)


def dying(name, function):
    def call(*arguments):
        die(name)
        return function(*arguments)
    return call


async def content():
    data = file.read_bytes()
    yield 0, data[:1000]
    die("receive")
    yield 0, data[1000:]


async def main():
    async with opened_stores(folder, os.environ.get("APPSHARE_DATABASE", ""), 10) as stores:
        store, files = stores.catalogue, package_files.PackageFiles(folder / "packages")
        files.prepare()
        package_files._filled = dying("compare", package_files._filled)
        local._sync = dying("sync", local._sync)
        add, store.add = store.add, lambda *package, **origin: (die("row"), add(*package, **origin))[1]
        data = file.read_bytes()
        announced = AnnouncedFile(file.name, len(data), hashlib.sha256(data).hexdigest())
        catalogue = Catalogue(store, stores.decisions, files, AdmissionPolicy())
        ingestion = Ingestion(catalogue, files, max_package_size=1 << 30, limits=ReadingLimits())
        await ingestion.add(AnnouncedPackage((announced,)), content())
        die("end")


asyncio.run(main())
"""
"""Adds a package, and kills itself at the point that it is told."""


@pytest.mark.parametrize("point", ["receive 1", "compare 3", "sync 1", "sync 8", "row 1", "end 1"])
async def test_a_kill_at_any_point_leaves_a_whole_package_or_none(tmp_path: Path, point: str) -> None:
    xapk, data = tmp_path / "notes.xapk", tmp_path / "app-download"
    xapk.write_bytes(zipped(HELD))
    data.mkdir()
    await killed(point, data, xapk)
    async with serving(tmp_path) as stub:
        packages = (await SERVICE.unary(stub.ListCatalogue, pb.ListCatalogueRequest())).packages
        if point != "end 1":
            assert not packages
            assert not list((data / "packages" / "incoming").iterdir())
            await add(stub, {"notes.xapk": xapk.read_bytes()})
        else:
            assert len(packages) == 1
        assert stored(tmp_path) == {hashlib.sha256(content).hexdigest(): len(content) for content in HELD.values()}


async def killed(point: str, data: Path, xapk: Path) -> None:
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", CRASH, point, str(data), str(xapk))
    assert await process.wait() == -9
