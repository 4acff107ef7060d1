"""What every storage of package files does: a folder, and a bucket of a real S3 server."""

import asyncio
import ctypes
import hashlib
import mmap
import os
from pathlib import Path
from uuid import uuid4

import pytest
from tests.support.s3_server import BUCKET

from appshare import errors
from appshare.app_download.file_storage import FileStorage, StoredEntry
from appshare.app_download.storages import storage_at
from appshare.app_download.storages.copying import copy_files
from appshare.app_download.storages.local import LocalStorage
from appshare.app_download.storages.s3 import S3Storage

CONTENT = os.urandom(300_000)
SHA256 = hashlib.sha256(CONTENT).hexdigest()
CHUNK = 70_000
LARGER_THAN_A_PART = 9 << 20


@pytest.fixture(params=["folder", "s3"])
def storage(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FileStorage:
    if request.param == "folder":
        (tmp_path / "packages").mkdir()
        return storage_at("", tmp_path / "packages")
    for name, value in request.getfixturevalue("s3_environment").items():
        monkeypatch.setenv(name, value)
    return storage_at(f"s3://{BUCKET}/{uuid4()}", tmp_path)


async def keep(storage: FileStorage, folder: Path, content: bytes = CONTENT) -> str:
    path = folder / "incoming"
    path.write_bytes(content)
    sha256 = hashlib.sha256(content).hexdigest()
    await storage.keep(path, sha256)
    return sha256


async def read(
    storage: FileStorage, sha256: str = SHA256, size: int = len(CONTENT), start: int = 0, end: int | None = None
) -> list[bytes]:
    async with storage.open(sha256, size) as file:
        return [bytes(chunk) async for chunk in file.chunks(start, size if end is None else end, CHUNK)]


async def entries(storage: FileStorage) -> set[StoredEntry]:
    return {entry async for entry in storage.entries()}


async def test_a_kept_file_is_read_back_in_chunks(storage: FileStorage, tmp_path: Path) -> None:
    await keep(storage, tmp_path)
    chunks = await read(storage)
    assert b"".join(chunks) == CONTENT
    assert [len(chunk) for chunk in chunks] == [CHUNK] * 4 + [20_000]


@pytest.mark.parametrize(("start", "end"), [(0, 1), (1, 300_000), (69_999, 140_001), (299_999, 300_000), (5, 5)])
async def test_any_range_is_read(storage: FileStorage, tmp_path: Path, start: int, end: int) -> None:
    await keep(storage, tmp_path)
    assert b"".join(await read(storage, start=start, end=end)) == CONTENT[start:end]


async def test_what_is_kept_is_listed_once(storage: FileStorage, tmp_path: Path) -> None:
    await keep(storage, tmp_path)
    await keep(storage, tmp_path)
    other = await keep(storage, tmp_path, b"another file")
    assert await entries(storage) == {StoredEntry(SHA256, len(CONTENT)), StoredEntry(other, 12)}


async def test_a_file_of_many_parts_arrives_whole(storage: FileStorage, tmp_path: Path) -> None:
    content = os.urandom(1 << 20) * (LARGER_THAN_A_PART >> 20)
    sha256 = await keep(storage, tmp_path, content)
    assert b"".join(await read(storage, sha256, len(content))) == content


async def test_a_removed_file_is_gone_and_can_be_removed_again(storage: FileStorage, tmp_path: Path) -> None:
    await keep(storage, tmp_path)
    await storage.remove(SHA256)
    await storage.remove(SHA256)
    assert await entries(storage) == set()
    with pytest.raises(errors.DataLossError) as failure:
        await read(storage)
    assert failure.value.reason is errors.Reason.PACKAGE_CORRUPT


async def test_a_file_of_another_size_is_data_loss(storage: FileStorage, tmp_path: Path) -> None:
    await keep(storage, tmp_path)
    with pytest.raises(errors.DataLossError):
        await read(storage, size=len(CONTENT) + 1)


async def test_an_upload_that_is_given_up_leaves_no_file(storage: FileStorage, tmp_path: Path) -> None:
    if isinstance(storage, LocalStorage):
        pytest.skip("a move cannot be given up")
    content = os.urandom(1 << 20) * 32
    keeping = asyncio.create_task(keep(storage, tmp_path, content))
    await asyncio.sleep(0)
    keeping.cancel()
    with pytest.raises(asyncio.CancelledError):
        await keeping
    assert await entries(storage) == set()


async def test_a_folder_that_cannot_be_used_is_unavailable(tmp_path: Path) -> None:
    storage = LocalStorage(tmp_path / "packages")
    (tmp_path / "packages").mkdir(mode=0o500)
    if os.access(tmp_path / "packages", os.W_OK):
        pytest.skip("this user may write everywhere")
    with pytest.raises(errors.UnavailableError) as failure:
        await keep(storage, tmp_path)
    assert failure.value.reason is errors.Reason.STORAGE_UNAVAILABLE


async def test_a_bucket_that_cannot_be_reached_is_unavailable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION"):
        monkeypatch.setenv(name, "nobody")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")  # plain HTTP is not allowed: refused at once
    storage = S3Storage("s3://nowhere")
    with pytest.raises(errors.UnavailableError) as failure:
        await keep(storage, tmp_path)
    assert failure.value.reason is errors.Reason.STORAGE_UNAVAILABLE
    assert "nobody" not in failure.value.message


async def test_a_folder_is_copied_into_a_bucket_but_for_what_is_damaged(
    tmp_path: Path, s3_environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in s3_environment.items():
        monkeypatch.setenv(name, value)
    (folder := tmp_path / "packages").mkdir()
    local, bucket = LocalStorage(folder), storage_at(f"s3://{BUCKET}/{uuid4()}", tmp_path)
    whole = [await keep(local, tmp_path, content) for content in (CONTENT, b"", b"another")]
    damaged = await keep(local, tmp_path, b"to be damaged")
    (folder / damaged[:2] / damaged).write_bytes(b"it is damaged")
    (folder / "incoming").mkdir()
    (folder / "incoming" / "half").write_bytes(b"half")
    seen: list[int] = []
    assert await copy_files(folder, bucket, seen.append) == (4, [damaged])
    assert seen == [1, 2, 3, 4]
    assert await entries(bucket) == await entries(local) - {StoredEntry(damaged, 13)}
    assert b"".join(await read(bucket)) == CONTENT
    assert len(whole) == len(await entries(bucket))
    (folder / whole[0][:2] / whole[0]).write_bytes(CONTENT[::-1])  # what is there is not read again
    assert await copy_files(folder, bucket, seen.append) == (4, [damaged])


async def test_a_folder_reads_into_whole_pages(tmp_path: Path) -> None:
    """From elsewhere in a page, some processors copy several times slower."""
    storage = LocalStorage(tmp_path)
    await keep(storage, tmp_path)
    async with storage.open(SHA256, len(CONTENT)) as file:
        async for chunk in file.chunks(0, len(CONTENT), CHUNK):
            assert ctypes.addressof(ctypes.c_char.from_buffer(chunk)) % mmap.PAGESIZE == 0
