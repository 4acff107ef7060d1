"""Package files: whole under their digest or not there, whatever happens in between."""

import hashlib
import os
from pathlib import Path

import pytest

from appshare import errors
from appshare.app_download.package_files import PackageFiles

CONTENT = os.urandom(300_000)
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def files(tmp_path: Path) -> PackageFiles:
    files = PackageFiles(tmp_path)
    files.prepare(known=())
    return files


def everything_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


async def keep(files: PackageFiles, content: bytes = CONTENT) -> None:
    async with files.incoming() as file:
        for start in range(0, len(content), 100_000):
            await file.write(content[start : start + 100_000])
        await files.keep(file)


async def read(files: PackageFiles, offset: int = 0, chunk_size: int = 70_000) -> list[tuple[int, bytes]]:
    async with files.open(SHA256, len(CONTENT)) as file:
        return [chunk async for chunk in file.chunks(offset, chunk_size)]


async def test_a_kept_file_is_read_back_in_chunks(files: PackageFiles) -> None:
    await keep(files)
    chunks = await read(files)
    assert b"".join(data for _, data in chunks) == CONTENT
    assert [offset for offset, _ in chunks] == [0, 70_000, 140_000, 210_000, 280_000]


@pytest.mark.parametrize("offset", [1, 299_999, 300_000])
async def test_reading_starts_at_any_offset(files: PackageFiles, offset: int) -> None:
    await keep(files)
    chunks = await read(files, offset)
    assert b"".join(data for _, data in chunks) == CONTENT[offset:]


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


async def test_the_next_start_removes_what_a_crash_left(files: PackageFiles, tmp_path: Path) -> None:
    await keep(files)
    (tmp_path / "incoming" / "half").write_bytes(b"half of a package")
    orphan = tmp_path / "ab" / ("ab" * 32)
    orphan.parent.mkdir()
    orphan.write_bytes(b"stored, but its row was never written")
    PackageFiles(tmp_path).prepare(known={SHA256})
    assert everything_in(tmp_path) == [SHA256]


async def test_a_file_removed_while_it_is_read_is_read_to_its_end(files: PackageFiles, tmp_path: Path) -> None:
    await keep(files)
    received = b""
    async with files.open(SHA256, len(CONTENT)) as file:
        async for _, data in file.chunks(0, 70_000):
            received += data
            await files.remove(SHA256)
    assert received == CONTENT
    assert everything_in(tmp_path) == []


async def test_a_missing_file_is_data_loss(files: PackageFiles) -> None:
    with pytest.raises(errors.DataLossError) as failure:
        await read(files)
    assert failure.value.reason is errors.Reason.PACKAGE_CORRUPT


async def test_a_file_of_another_size_is_data_loss(files: PackageFiles, tmp_path: Path) -> None:
    await keep(files)
    os.truncate(tmp_path / SHA256[:2] / SHA256, 1000)
    with pytest.raises(errors.DataLossError):
        await read(files)


async def test_keeping_the_same_content_twice_keeps_it_once(files: PackageFiles, tmp_path: Path) -> None:
    await keep(files)
    await keep(files)
    assert everything_in(tmp_path) == [SHA256]
