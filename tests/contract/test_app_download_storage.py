"""AppDownload over a real connection: parts of files, readers that stop or leave, and the care for what is stored."""

import hashlib
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from benchmarks.stream.stored_package import store_package

from appshare import errors
from appshare.app_download.__main__ import running
from appshare.app_download.metrics import DOWNLOADED_BYTES
from appshare.app_download.settings import DownloadSettings
from appshare.rpc.address import Address
from appshare.rpc.call import Callee
from appshare.v1 import app_download_pb2 as pb
from appshare.v1 import fit_pb2, storage_pb2
from appshare.v1.app_download_pb2_grpc import AppDownloadServiceStub
from appshare.v1.device_pb2 import PLATFORM_ANDROID, DeviceProfile

SERVICE = Callee("AppDownload")
NAME = "org.appshare.large"
SIZE = 16 << 20
CHUNK = 64 << 10
REQUEST = pb.DownloadRequest(package_name=NAME, profile=DeviceProfile(platform=PLATFORM_ANDROID, sdk_version=34))


class Place:
    """A running service with one package of one file."""

    def __init__(self, stub: AppDownloadServiceStub, folder: Path, sha256: str) -> None:
        self.stub = stub
        self.folder = folder
        self.sha256 = sha256
        self.file = folder / sha256[:2] / sha256

    async def part(self, **wanted: Any) -> tuple[fit_pb2.FitAnswer, list[fit_pb2.FileChunk]]:
        request = pb.DownloadRequest(
            package_name=NAME, profile=REQUEST.profile, only=fit_pb2.FileRange(**({"sha256": self.sha256} | wanted))
        )
        first, *rest = [message async for message in SERVICE.stream(self.stub.Download, request)]
        return first.answer, [message.chunk for message in rest]

    def add_orphan(self, content: bytes = b"nobody needs me") -> str:
        sha256 = hashlib.sha256(content).hexdigest()
        path = self.folder / sha256[:2] / sha256
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        return sha256

    async def findings(self, *, only_sizes: bool = False) -> list[tuple[int, str]]:
        request = pb.VerifyStorageRequest(only_sizes=only_sizes)
        messages = [message async for message in SERVICE.stream(self.stub.VerifyStorage, request)]
        return [(each.finding.fault, each.finding.sha256) for each in messages if each.HasField("finding")]

    async def sweep(self, **how: bool) -> list[str]:
        request = pb.SweepStorageRequest(**how)
        return [each.removed.sha256 async for each in SERVICE.stream(self.stub.SweepStorage, request)]

    def open_descriptors(self) -> int:
        """How often this process has the file open: the service runs in it."""
        found = 0
        for link in Path("/proc/self/fd").iterdir():
            try:
                found += str(link.readlink()).startswith(str(self.file))
            except FileNotFoundError:
                continue
        return found


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    sha256 = await store_package(tmp_path, NAME, SIZE)
    settings = DownloadSettings(data=tmp_path, listen=Address("127.0.0.1", 0), chunk_kib=CHUNK >> 10)
    async with running(settings) as addresses, grpc.aio.insecure_channel(str(addresses["listen"])) as channel:
        yield Place(AppDownloadServiceStub(channel), tmp_path / "app-download" / "packages", sha256)


@pytest.mark.parametrize(
    ("offset", "length", "end"),
    [(0, 1, 1), (70_000, 100_000, 170_000), (SIZE - 1, 0, SIZE), (SIZE - 5, 5, SIZE), (SIZE, 0, SIZE)],
)
async def test_a_part_of_one_file_is_sent_alone(place: Place, offset: int, length: int, end: int) -> None:
    answer, chunks = await place.part(offset=offset, length=length)
    assert answer.fit.total_size == answer.fit.files[0].size == SIZE
    assert b"".join(chunk.data for chunk in chunks) == place.file.read_bytes()[offset:end]
    assert [chunk.offset for chunk in chunks[:1]] == [offset] * (end > offset)


async def test_a_part_of_another_file_is_nothing(place: Place) -> None:
    answer, chunks = await place.part(sha256="f" * 64, offset=10**12)
    assert answer.HasField("fit")
    assert chunks == []


@pytest.mark.parametrize("wanted", [{"offset": SIZE + 1}, {"offset": 1, "length": SIZE}, {"length": 2**63}])
async def test_a_part_beyond_the_end_is_refused(place: Place, wanted: dict[str, int]) -> None:
    with pytest.raises(errors.InvalidArgumentError) as refusal:
        await place.part(**wanted)
    assert refusal.value.field == "only"


async def test_a_part_and_going_on_are_not_asked_for_together(place: Place) -> None:
    request = pb.DownloadRequest()
    request.CopyFrom(REQUEST)
    request.resume.add(sha256=place.sha256, offset=1)
    request.only.sha256 = place.sha256
    with pytest.raises(errors.InvalidArgumentError) as refusal:
        [message async for message in SERVICE.stream(place.stub.Download, request)]
    assert refusal.value.field == "resume"


async def test_a_reader_that_stops_is_not_read_for(place: Place) -> None:
    before = DOWNLOADED_BYTES._value.get()
    call = place.stub.Download(REQUEST)
    await call.read()
    match = pb.MatchRequest(package_name=NAME, profile=REQUEST.profile)
    for _ in range(50):  # meanwhile the service has had the time to read everything
        await SERVICE.unary(place.stub.Match, match)
    assert DOWNLOADED_BYTES._value.get() - before < SIZE / 2
    call.cancel()


async def test_a_call_that_is_given_up_frees_its_file(place: Place) -> None:
    calls = [place.stub.Download(REQUEST) for _ in range(5)]
    for call in calls:
        await call.read()
        await call.read()
    assert place.open_descriptors() == len(calls)
    for call in calls:
        call.cancel()
    match = pb.MatchRequest(package_name=NAME, profile=REQUEST.profile)
    while place.open_descriptors():
        await SERVICE.unary(place.stub.Match, match)


async def test_all_is_well(place: Place) -> None:
    assert await place.findings() == []
    assert await place.sweep() == []


async def test_a_flipped_bit_is_found_by_reading_only(place: Place) -> None:
    with place.file.open("r+b") as file:
        file.seek(SIZE // 2)
        byte = file.read(1)[0]
        file.seek(SIZE // 2)
        file.write(bytes([byte ^ 1]))
    assert await place.findings(only_sizes=True) == []
    assert await place.findings() == [(storage_pb2.STORAGE_FAULT_DAMAGED, place.sha256)]


async def test_a_file_that_is_cut_or_gone_is_found_by_its_size(place: Place) -> None:
    os.truncate(place.file, 1000)
    assert await place.findings(only_sizes=True) == [(storage_pb2.STORAGE_FAULT_DAMAGED, place.sha256)]
    place.file.unlink()
    assert await place.findings() == [(storage_pb2.STORAGE_FAULT_MISSING, place.sha256)]


async def test_an_orphan_is_found_and_removed_and_nothing_else(place: Place) -> None:
    orphan = place.add_orphan()
    assert await place.findings() == [(storage_pb2.STORAGE_FAULT_ORPHANED, orphan)]
    assert await place.sweep(dry_run=True) == [orphan]
    assert await place.sweep() == [orphan]
    assert await place.findings() == []


async def test_files_that_a_wrong_database_does_not_know_are_not_removed(place: Place) -> None:
    orphans = {place.add_orphan(bytes([number])) for number in range(2)}
    with pytest.raises(errors.FailedPreconditionError) as refusal:
        await place.sweep()
    assert refusal.value.reason is errors.Reason.STORAGE_OF_ANOTHER_CATALOGUE
    assert {sha256 for _, sha256 in await place.findings()} == orphans
    assert set(await place.sweep(force=True)) == orphans


async def test_a_start_leaves_files_that_no_package_has(tmp_path: Path) -> None:
    settings = DownloadSettings(data=tmp_path, listen=Address("127.0.0.1", 0))
    await store_package(tmp_path, NAME, 1000)
    (tmp_path / "app-download" / "app_download.db").rename(tmp_path / "moved.db")
    async with running(settings):
        assert len(list((tmp_path / "app-download" / "packages").glob("??/*"))) == 1
