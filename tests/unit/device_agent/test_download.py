import asyncio
import os
import resource
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
from tests.unit.device_agent.gateway import CHUNK, Downloads, cutting, digest, serving

from appshare import errors
from appshare.device_agent.client import DeviceClient
from appshare.device_agent.download import Download, Downloaded, Match, OpenStream
from appshare.device_agent.model import ByDevice
from appshare.device_agent.part_file import PartFile
from appshare.fit.answer import AppStoreLink, NoFit, PackageFile
from appshare.fit.device_profile import DeviceProfile
from appshare.v1 import fit_pb2

SET, SET_PART = "org.example.notes-0", ".org.example.notes-0.part"
BASE, SPLIT = os.urandom(20 * CHUNK + 7), os.urandom(3 * CHUNK)


class Seen:
    """Progress that remembers."""

    def __init__(self) -> None:
        self.begun: list[tuple[int, int]] = []
        self.count = 0
        self.something = asyncio.Event()

    def begin(self, total: int, done: int) -> None:
        self.begun.append((total, done))

    def advance(self, count: int) -> None:
        self.count += count
        self.something.set()


@pytest.fixture
def downloads() -> Downloads:
    return Downloads({"base.apk": BASE, "split_config.xxhdpi.apk": SPLIT})


@pytest.fixture
async def address(downloads: Downloads) -> AsyncIterator[str]:
    async with serving(downloads, "DownloadService") as address:
        yield address


@pytest.fixture
def seen() -> Seen:
    return Seen()


@pytest.fixture
async def download(address: str, tmp_path: Path, seen: Seen) -> AsyncIterator[Callable[[], Download]]:
    async with DeviceClient(address) as client:
        yield partial(download_with, client, tmp_path, seen)


def asking(client: DeviceClient) -> tuple[Match, OpenStream]:
    app = ByDevice("d"), "org.example.notes", DeviceProfile(sdk_version=34)
    return partial(client.match, *app), partial(client.download, *app)


def download_with(client: DeviceClient, folder: Path, progress: Seen) -> Download:
    return Download(*asking(client), folder, progress, pause=0, tries=1)


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def test_all_files_of_a_fit_arrive(download, downloads: Downloads, tmp_path: Path, seen: Seen) -> None:
    result = await download().run()
    assert isinstance(result, Downloaded)
    assert [path.read_bytes() for path in result.paths] == [BASE, SPLIT]
    assert names_in(tmp_path) == [SET]
    assert names_in(tmp_path / SET) == ["base.apk", "split_config.xxhdpi.apk"]
    assert seen.begun == [(len(BASE) + len(SPLIT), 0)]
    assert seen.count == len(BASE) + len(SPLIT)


async def test_the_folder_is_made(downloads: Downloads, address: str, tmp_path: Path, seen: Seen) -> None:
    async with DeviceClient(address) as client:
        await download_with(client, tmp_path / "new" / "folder", seen).run()
    assert (tmp_path / "new" / "folder" / SET / "base.apk").read_bytes() == BASE


async def test_a_cut_wire_is_resumed_at_the_byte(
    downloads: Downloads, address: str, tmp_path: Path, seen: Seen
) -> None:
    async with cutting(address, 6 * CHUNK, seen.something) as wire, DeviceClient(wire) as client:
        await download_with(client, tmp_path, seen).run()
    assert (tmp_path / SET / "base.apk").read_bytes() == BASE
    assert seen.count == len(BASE) + len(SPLIT)  # no byte came twice
    offset = downloads.resumed[-1][digest(BASE)]
    assert 0 < offset <= 6 * CHUNK
    assert seen.begun[-1] == (len(BASE) + len(SPLIT), offset)


async def test_an_ended_stream_is_resumed_in_the_second_file(download, downloads: Downloads, tmp_path: Path) -> None:
    downloads.ends_after = [22]
    await download().run()
    assert downloads.resumed[-1] == {digest(BASE): len(BASE), digest(SPLIT): CHUNK}
    assert (tmp_path / SET / "split_config.xxhdpi.apk").read_bytes() == SPLIT


async def test_a_copy_that_stops_hands_a_download_over_at_its_offset_and_without_a_word(
    downloads: Downloads, address: str, tmp_path: Path, seen: Seen
) -> None:
    downloads.ends_with = errors.UnavailableError(errors.Reason.SERVICE_STOPPING, "stops")
    downloads.ends_after = [0, 3]
    told: list[str] = []
    async with DeviceClient(address) as client:
        await Download(*asking(client), tmp_path, seen, tell=told.append, tries=1).run()
    assert downloads.resumed[-1] == {digest(BASE): 3 * CHUNK}
    assert (tmp_path / SET / "base.apk").read_bytes() == BASE
    assert told == []


async def test_no_file_gets_its_name_before_all_are_there(download, downloads: Downloads, tmp_path: Path) -> None:
    downloads.ends_after = [22, 0]
    with pytest.raises(errors.UnavailableError):
        await download().run()
    assert names_in(tmp_path) == [SET_PART]
    assert names_in(tmp_path / SET_PART) == [
        "base.apk.part",
        "base.apk.part.sha256",
        "split_config.xxhdpi.apk.part",
        "split_config.xxhdpi.apk.part.sha256",
    ]
    await download().run()
    assert names_in(tmp_path) == [SET]
    assert names_in(tmp_path / SET) == ["base.apk", "split_config.xxhdpi.apk"]


async def test_what_is_there_is_not_fetched_again(download, downloads: Downloads, seen: Seen) -> None:
    await download().run()
    result = await download().run()
    assert isinstance(result, Downloaded)
    assert seen.count == len(BASE) + len(SPLIT)


async def test_a_finished_file_is_kept_while_the_other_is_fetched(
    download, downloads: Downloads, tmp_path: Path, seen: Seen
) -> None:
    (tmp_path / SET).mkdir()
    (tmp_path / SET / "base.apk").write_bytes(BASE)
    await download().run()
    assert seen.count == len(SPLIT)
    assert (tmp_path / SET / "base.apk").read_bytes() == BASE


async def test_a_part_of_another_content_is_not_used(download, downloads: Downloads, tmp_path: Path) -> None:
    (tmp_path / SET_PART).mkdir()
    (tmp_path / SET_PART / "base.apk.part").write_bytes(b"old" * 100)
    (tmp_path / SET_PART / "base.apk.part.sha256").write_text(digest(b"old version"))
    await download().run()
    assert downloads.resumed == [{}]
    assert (tmp_path / SET / "base.apk").read_bytes() == BASE


async def test_a_part_that_nobody_vouches_for_is_not_used(download, downloads: Downloads, tmp_path: Path) -> None:
    (tmp_path / SET_PART).mkdir()
    (tmp_path / SET_PART / "base.apk.part").write_bytes(BASE[:100])
    await download().run()
    assert downloads.resumed == [{}]


async def test_two_files_of_one_content_are_both_there(download, downloads: Downloads, tmp_path: Path) -> None:
    downloads.files = {"a.apk": SPLIT, "b.apk": SPLIT}
    (tmp_path / SET).mkdir()
    (tmp_path / SET / "a.apk").write_bytes(SPLIT)
    await download().run()
    assert (tmp_path / SET / "b.apk").read_bytes() == SPLIT


async def test_an_empty_file_arrives(download, downloads: Downloads, tmp_path: Path) -> None:
    downloads.files = {"empty.apk": b""}
    await download().run()
    assert names_in(tmp_path) == ["empty.apk"]


async def test_other_bytes_than_announced_are_deleted(download, downloads: Downloads, tmp_path: Path) -> None:
    downloads.announced = {"base.apk": {"sha256": digest(b"something else")}}
    with pytest.raises(errors.DataLossError, match=r"base\.apk is not what was announced.* it was deleted"):
        await download().run()
    assert names_in(tmp_path) == [SET_PART]
    assert "base.apk" not in names_in(tmp_path / SET_PART)
    assert "base.apk.part" not in names_in(tmp_path / SET_PART)


async def test_a_part_that_went_bad_on_disk_is_deleted(download, downloads: Downloads, tmp_path: Path) -> None:
    (tmp_path / SET_PART).mkdir()
    (tmp_path / SET_PART / "base.apk.part").write_bytes(b"\0" * CHUNK)
    (tmp_path / SET_PART / "base.apk.part.sha256").write_text(digest(BASE))
    with pytest.raises(errors.DataLossError):
        await download().run()
    await download().run()
    assert (tmp_path / SET / "base.apk").read_bytes() == BASE


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "../evil.apk",
        "/etc/evil.apk",
        "a/b.apk",
        "a\\b.apk",
        "C:evil.apk",
        ".bashrc",
        "a\nb.apk",
        "a\0b.apk",
        "x.part",
        "x.part.sha256",
        "x" * 250,
    ],
)
async def test_a_name_that_is_not_plain_is_refused(download, downloads: Downloads, tmp_path: Path, name: str) -> None:
    downloads.announced = {"base.apk": {"name": name}}
    with pytest.raises(errors.InternalError, match="not a plain file name"):
        await download().run()
    assert names_in(tmp_path) == []


async def test_names_that_differ_in_capitals_alone_are_refused(download, downloads: Downloads, tmp_path: Path) -> None:
    downloads.files = {"a.apk": BASE, "A.apk": SPLIT}
    with pytest.raises(errors.InternalError, match="contract"):
        await download().run()
    assert names_in(tmp_path) == []


async def test_more_bytes_than_announced_are_refused(download, downloads: Downloads) -> None:
    downloads.announced = {"base.apk": {"size": 100}}
    with pytest.raises(errors.InternalError, match="not the next ones"):
        await download().run()


async def test_fewer_bytes_than_announced_are_no_file(download, downloads: Downloads, tmp_path: Path) -> None:
    downloads.announced = {"split_config.xxhdpi.apk": {"size": len(SPLIT) + 1}}
    with pytest.raises(errors.UnavailableError, match="only a part"):
        await download().run()
    assert names_in(tmp_path) == [SET_PART]


async def test_a_full_disk_keeps_the_part(download, downloads: Downloads, tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (5 * CHUNK + 1, hard))
    try:
        with pytest.raises(OSError, match=r"disk is full.*make room") as caught:
            await download().run()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert caught.value.filename == str(tmp_path / SET_PART / "base.apk.part")
    assert (tmp_path / SET_PART / "base.apk.part").read_bytes() == BASE[: 5 * CHUNK + 1]
    await download().run()
    assert downloads.resumed == [{}, {digest(BASE): 5 * CHUNK + 1}]  # nothing that is there was asked for
    assert (tmp_path / SET / "base.apk").read_bytes() == BASE


async def test_a_second_download_of_the_same_file_is_refused(download, downloads: Downloads, tmp_path: Path) -> None:
    file = PackageFile("base.apk", len(BASE), digest(BASE))
    (tmp_path / SET_PART).mkdir()
    with (
        closing(PartFile(tmp_path / SET_PART, file, 0)),
        pytest.raises(OSError, match="another program is downloading"),
    ):
        await download().run()


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (fit_pb2.FitAnswer(app_store_link=fit_pb2.AppStoreLink(url="https://x")), AppStoreLink("https://x")),
        (fit_pb2.FitAnswer(no_fit=fit_pb2.NoFit()), NoFit(())),
    ],
)
async def test_an_answer_without_files_writes_nothing(
    download, downloads: Downloads, tmp_path: Path, answer: fit_pb2.FitAnswer, expected: object
) -> None:
    downloads.files = {}
    downloads.answer = answer
    assert await download().run() == expected
    assert names_in(tmp_path) == []


async def test_one_file_gets_its_place_in_the_folder_itself(download, downloads: Downloads, tmp_path: Path) -> None:
    downloads.files = {"base.apk": BASE}
    await download().run()
    assert names_in(tmp_path) == ["base.apk"]


async def test_a_set_that_was_taken_apart_is_completed_where_it_is(
    download, downloads: Downloads, tmp_path: Path, seen: Seen
) -> None:
    await download().run()
    (tmp_path / SET / "base.apk").unlink()
    (tmp_path / SET / "notes.txt").touch()
    await download().run()
    assert names_in(tmp_path) == [SET]
    assert names_in(tmp_path / SET) == ["base.apk", "notes.txt", "split_config.xxhdpi.apk"]
    assert seen.count == 2 * len(BASE) + len(SPLIT)


async def test_parts_of_an_older_version_go_when_a_newer_one_is_there(
    download, downloads: Downloads, tmp_path: Path
) -> None:
    older, other = tmp_path / ".org.example.notes-7.part", tmp_path / ".org.example.other-7.part"
    for folder in (older, other):
        folder.mkdir()
        (folder / "base.apk.part").touch()
    await download().run()
    assert names_in(tmp_path) == [other.name, SET]


@pytest.mark.parametrize("name", ["../evil", "/etc", ".ssh", "a/b", ""])
async def test_a_package_name_that_is_not_plain_is_refused(
    download, downloads: Downloads, tmp_path: Path, name: str
) -> None:
    downloads.answer = downloads._answer()
    downloads.answer.fit.package_name = name
    with pytest.raises(errors.InternalError, match="not a plain file name"):
        await download().run()
    assert names_in(tmp_path) == []


async def test_a_network_that_is_gone_for_a_while_is_waited_for(
    downloads: Downloads, address: str, tmp_path: Path, seen: Seen
) -> None:
    downloads.ends_after = [2, 0, 0, 0, 3, 0, 0, 0]
    told: list[str] = []
    async with DeviceClient(address) as client:
        await Download(*asking(client), tmp_path, seen, tell=told.append, pause=0, tries=4).run()
    assert (tmp_path / SET / "base.apk").read_bytes() == BASE
    assert seen.count == len(BASE) + len(SPLIT)
    assert told == ["The connection is lost; connecting again."] * 2


async def test_whoever_answers_in_the_clouds_place_for_a_moment_ends_nothing(
    downloads: Downloads, address: str, tmp_path: Path, seen: Seen
) -> None:
    downloads.ends_after = [2, 0]
    downloads.ends_with = errors.UnimplementedError(errors.Reason.UNKNOWN_METHOD, "no such method")
    async with DeviceClient(address) as client:
        await Download(*asking(client), tmp_path, seen, pause=0, tries=3).run()
    assert (tmp_path / SET / "base.apk").read_bytes() == BASE


async def test_a_network_that_does_not_come_back_is_not_waited_for_longer(
    downloads: Downloads, address: str, tmp_path: Path, seen: Seen
) -> None:
    downloads.ends_after = [2, 0, 0, 0, 0]
    async with DeviceClient(address) as client:
        with pytest.raises(errors.UnavailableError):
            await Download(*asking(client), tmp_path, seen, pause=0, tries=3).run()
    assert len(downloads.resumed) == 4


async def test_what_came_before_an_interruption_is_kept(
    download, downloads: Downloads, address: str, tmp_path: Path, seen: Seen
) -> None:
    class Interrupting(Seen):
        """Cancels the download as Ctrl-C does, after some bytes."""

        def advance(self, count: int) -> None:
            super().advance(count)
            if self.count >= 3 * CHUNK:
                task.cancel()

    async with DeviceClient(address) as client:
        task = asyncio.create_task(download_with(client, tmp_path, Interrupting()).run())
        with pytest.raises(asyncio.CancelledError):
            await task
    result = await download().run()
    assert isinstance(result, Downloaded)
    assert [path.read_bytes() for path in result.paths] == [BASE, SPLIT]
    assert seen.count <= len(BASE) + len(SPLIT) - 3 * CHUNK
