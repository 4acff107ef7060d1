from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from tests.unit.operator.catalogue import TOKEN, Catalogue, serving

from appshare import errors
from appshare.operator.client import OperatorClient
from appshare.operator.package_upload import PackageUpload


async def add(catalogue: Catalogue, upload: PackageUpload) -> list[int]:
    sent: list[int] = []
    with TemporaryDirectory() as kept:
        async with serving(catalogue, Path(kept)) as address, OperatorClient(address, TOKEN) as client:
            await client.add_package(upload, sent.append)
    return sent


async def test_a_file_is_sent_in_chunks(catalogue: Catalogue, tmp_path: Path) -> None:
    path = tmp_path / "notes.apk"
    path.write_bytes(b"apk" + b"x" * (1024 * 1024))
    assert await add(catalogue, PackageUpload.of(path)) == [512 * 1024, 512 * 1024, 3]


async def test_a_file_that_changed_since_it_was_announced_is_refused(catalogue: Catalogue, tmp_path: Path) -> None:
    path = tmp_path / "notes.apk"
    path.write_bytes(b"apk 1")
    upload = PackageUpload.of(path)
    path.write_bytes(b"apk 2")
    with pytest.raises(errors.InvalidArgumentError, match="not what was announced"):
        await add(catalogue, upload)


async def test_a_file_that_is_gone_says_so(catalogue: Catalogue, tmp_path: Path) -> None:
    path = tmp_path / "notes.apk"
    path.write_bytes(b"apk")
    upload = PackageUpload.of(path)
    path.unlink()
    with pytest.raises(FileNotFoundError):
        await add(catalogue, upload)
