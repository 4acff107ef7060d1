"""AppDownload alone, over a real connection: packages go in, files come out."""

import hashlib
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import grpc
import pytest
from tests.support.uploads import upload

from appshare import errors
from appshare.app_download.__main__ import running
from appshare.app_download.settings import DownloadSettings
from appshare.rpc.address import Address
from appshare.rpc.call import Callee
from appshare.v1 import app_download_pb2 as pb
from appshare.v1 import catalogue_pb2
from appshare.v1.app_download_pb2_grpc import AppDownloadServiceStub
from appshare.v1.device_pb2 import DeviceProfile

SERVICE = Callee("AppDownload")


@asynccontextmanager
async def serving(data: Path) -> AsyncIterator[AppDownloadServiceStub]:
    """Serves AppDownload from a folder; packages have at most 8 MiB."""
    settings = DownloadSettings(data=data, listen=Address("127.0.0.1", 0), max_package_mib=8, chunk_kib=64)
    async with running(settings) as addresses, grpc.aio.insecure_channel(str(addresses["listen"])) as channel:
        yield AppDownloadServiceStub(channel)


async def add(
    stub: AppDownloadServiceStub, files: Mapping[str, bytes], device_model: str = ""
) -> catalogue_pb2.CataloguePackage:
    return (await SERVICE.upload(stub.Ingest, upload(files, device_model=device_model))).package


async def refusal(stub: AppDownloadServiceStub, files: Mapping[str, bytes]) -> errors.InvalidArgumentError:
    with pytest.raises(errors.InvalidArgumentError) as refused:
        await add(stub, files)
    return refused.value


async def download(
    stub: AppDownloadServiceStub, package_name: str, profile: DeviceProfile, modules: Sequence[str] = ()
) -> dict[str, bytes]:
    """The files that a device gets, in their order; none when nothing fits."""
    request = pb.DownloadRequest(package_name=package_name, profile=profile, modules=modules)
    first, *rest = [message async for message in SERVICE.stream(stub.Download, request)]
    files = list(first.answer.fit.files)
    received = [bytearray() for _ in files]
    for message in rest:
        received[message.chunk.file_index] += message.chunk.data
    for file, content in zip(files, received, strict=True):
        assert hashlib.sha256(content).hexdigest() == file.sha256
    return {file.name: bytes(content) for file, content in zip(files, received, strict=True)}


def stored(tmp_path: Path) -> dict[str, int]:
    """The files of the store, and whatever was forgotten in it, with their sizes."""
    folder = tmp_path / "app-download" / "packages"
    return {path.name: path.stat().st_size for path in folder.rglob("*") if path.is_file()}


async def assert_nothing_is_left(stub: AppDownloadServiceStub, tmp_path: Path) -> None:
    assert not (await SERVICE.unary(stub.ListCatalogue, pb.ListCatalogueRequest())).packages
    assert stored(tmp_path) == {}
    assert not list((tmp_path / "app-download" / "packages" / "incoming").iterdir())
