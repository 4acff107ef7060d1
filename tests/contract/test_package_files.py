"""Package files: whole under their digest or not there, whatever happens in between."""

import hashlib
import os
from pathlib import Path

import pytest

from appshare.app_download.package_files import PackageFiles

CONTENT = os.urandom(300_000)
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def files(tmp_path: Path) -> PackageFiles:
    files = PackageFiles(tmp_path)
    files.prepare()
    return files


def everything_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


async def keep(files: PackageFiles, content: bytes = CONTENT) -> None:
    async with files.incoming() as file:
        for start in range(0, len(content), 100_000):
            await file.write(content[start : start + 100_000])
        await files.keep(file)


async def read(files: PackageFiles) -> bytes:
    async with files.open(SHA256, len(CONTENT)) as file:
        return b"".join([bytes(chunk) async for chunk in file.chunks(0, len(CONTENT), 70_000)])


async def test_an_abandoned_file_leaves_nothing(files: PackageFiles, tmp_path: Path) -> None:
    async with files.incoming() as file:
        await file.write(CONTENT)
    assert everything_in(tmp_path) == []


async def test_a_failed_upload_leaves_nothing(files: PackageFiles, tmp_path: Path) -> None:
    async def fail() -> None:
        async with files.incoming() as file:
            await file.write(CONTENT)
            raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await fail()
    assert everything_in(tmp_path) == []


async def test_the_next_start_removes_unfinished_files_only(files: PackageFiles, tmp_path: Path) -> None:
    await keep(files)
    (tmp_path / "incoming" / "half").write_bytes(b"half of a package")
    PackageFiles(tmp_path).prepare()
    assert everything_in(tmp_path) == [SHA256]


async def test_an_open_file_that_is_removed_is_read_to_its_end(files: PackageFiles, tmp_path: Path) -> None:
    await keep(files)
    received = b""
    async with files.open(SHA256, len(CONTENT)) as file:
        async for chunk in file.chunks(0, len(CONTENT), 70_000):
            received += chunk
            await files.remove(SHA256)
    assert received == CONTENT
    assert everything_in(tmp_path) == []


async def test_a_held_file_is_removed_when_the_last_one_lets_go(files: PackageFiles, tmp_path: Path) -> None:
    await keep(files)
    async with files.held([SHA256]):
        async with files.held([SHA256]):
            await files.remove(SHA256)
        assert await read(files) == CONTENT
    assert everything_in(tmp_path) == []


async def test_a_file_that_comes_back_while_it_is_held_stays(files: PackageFiles, tmp_path: Path) -> None:
    await keep(files)
    async with files.held([SHA256]):
        await files.remove(SHA256)
        await keep(files)
    assert everything_in(tmp_path) == [SHA256]


async def test_files_of_one_content_are_held_for_each(files: PackageFiles, tmp_path: Path) -> None:
    await keep(files)
    async with files.held([SHA256, SHA256]):
        async with files.held([SHA256]):
            pass
        await files.remove(SHA256)
        assert everything_in(tmp_path) == [SHA256]
    assert everything_in(tmp_path) == []


async def test_keeping_the_same_content_twice_keeps_it_once(files: PackageFiles, tmp_path: Path) -> None:
    await keep(files)
    await keep(files)
    assert everything_in(tmp_path) == [SHA256]
