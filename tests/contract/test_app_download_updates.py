"""Updates over a real connection, from a catalogue of real packages."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest
import pytest_asyncio
from tests.contract.test_app_download_servicer import CHAT, PHONE, SERVICE, ingest, settings
from tests.support.stores import on_postgresql

from appshare import errors
from appshare.app_download.__main__ import running
from appshare.v1 import app_download_pb2 as pb
from appshare.v1.app_download_pb2_grpc import AppDownloadServiceStub
from appshare.v1.device_pb2 import PLATFORM_IOS, DeviceProfile
from appshare.v1.update_pb2 import (
    UPDATE_STATE_AVAILABLE,
    UPDATE_STATE_NONE,
    UPDATE_STATE_OTHER_SIGNER,
    AppUpdate,
    InstalledApp,
)

# What the module fills is for all of its tests.
pytestmark = [pytest.mark.usefixtures("fresh_store"), pytest.mark.xdist_group("updates")]

SAMPLES = Path(__file__).parents[1] / "packages"
SIGNER = "1d4cb3ca6fa0762633190e18b75df33b30751c8637f38c72e3e3eb745bfc89e7"
SOMEBODY = "f" * 64


@asynccontextmanager
async def serving(data: Path) -> AsyncIterator[AppDownloadServiceStub]:
    async with (
        running(settings(data)) as addresses,
        grpc.aio.insecure_channel(str(addresses["listen"])) as channel,
    ):
        yield AppDownloadServiceStub(channel)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data of a service that knows Chat 1.0 (100), and 2.0 (200) for arm64."""
    data = tmp_path_factory.mktemp("filled")
    async with serving(data) as stub:
        await fill(stub)
    return data


async def fill(stub: AppDownloadServiceStub) -> None:
    for name in ("chat-1.0.apk", "chat-2.0-arm64-v8a.apk"):
        await ingest(stub, name, (SAMPLES / name).read_bytes())


@pytest.fixture
async def stub(filled: Path, tmp_path: Path) -> AsyncIterator[AppDownloadServiceStub]:
    """Starts on a copy of what is filled; a database of its own is filled for each test."""
    if not on_postgresql():
        shutil.copytree(filled, tmp_path / "data")
    async with serving(tmp_path / "data") as stub:
        if on_postgresql():
            await fill(stub)
        yield stub


async def check(stub: AppDownloadServiceStub, *installed: InstalledApp, profile: DeviceProfile = PHONE) -> Any:
    request = pb.CheckUpdatesRequest(installed=installed, profile=profile)
    return list((await SERVICE.unary(stub.CheckUpdates, request)).updates)


def chat(version_code: int, signer: str = SIGNER) -> InstalledApp:
    return InstalledApp(package_name=CHAT, version_code=version_code, signer_sha256=signer)


async def test_each_app_has_its_answer(stub: AppDownloadServiceStub) -> None:
    newer = AppUpdate(
        package_name=CHAT, state=UPDATE_STATE_AVAILABLE, version_name="2.0", version_code=200, signer_sha256=SIGNER
    )
    unknown = InstalledApp(package_name="org.example.unknown", version_code=1)
    answers = await check(stub, unknown, chat(100))
    assert answers == [AppUpdate(package_name=unknown.package_name, state=UPDATE_STATE_NONE), newer]
    assert await check(stub, chat(0)) == await check(stub, chat(100, signer="")) == [newer]


@pytest.mark.parametrize("version_code", [200, 201, 2**64 - 1])
async def test_what_is_not_newer_is_no_update(stub: AppDownloadServiceStub, version_code: int) -> None:
    for signer in (SIGNER, SOMEBODY, ""):
        [answer] = await check(stub, chat(version_code, signer))
        assert answer == AppUpdate(package_name=CHAT, state=UPDATE_STATE_NONE)


async def test_a_version_of_another_signer_is_told_and_cannot_be_installed(stub: AppDownloadServiceStub) -> None:
    [answer] = await check(stub, chat(100, SOMEBODY))
    assert (answer.state, answer.version_code, answer.signer_sha256) == (UPDATE_STATE_OTHER_SIGNER, 200, SIGNER)


async def test_only_what_fits_the_device_is_an_update(stub: AppDownloadServiceStub) -> None:
    x86 = DeviceProfile()
    x86.CopyFrom(PHONE)
    x86.supported_abis[:] = ["x86"]
    [none] = await check(stub, chat(100), profile=x86)
    [older] = await check(stub, chat(99), profile=x86)
    assert (none.state, older.version_code) == (UPDATE_STATE_NONE, 100)
    iphone = DeviceProfile(platform=PLATFORM_IOS)
    assert [each.state for each in await check(stub, chat(1), profile=iphone)] == [UPDATE_STATE_NONE]


@pytest.mark.parametrize(
    ("installed", "field"),
    [
        ([chat(1), chat(2)], "installed[1].package_name"),
        ([InstalledApp()], "installed[0].package_name"),
        ([InstalledApp(package_name="a" * 256)], "installed[0].package_name"),
        ([chat(1, "AB")], "installed[0].signer_sha256"),
        ([InstalledApp(package_name=f"org.a{number}") for number in range(201)], "installed"),
    ],
)
async def test_what_is_wrong_is_named(stub: AppDownloadServiceStub, installed: list[InstalledApp], field: str) -> None:
    with pytest.raises(errors.InvalidArgumentError) as refusal:
        await check(stub, *installed)
    assert (refusal.value.reason, refusal.value.field) == (errors.Reason.INVALID_FIELD, field)


async def test_a_device_that_cannot_be_is_refused_also_without_apps(stub: AppDownloadServiceStub) -> None:
    with pytest.raises(errors.InvalidArgumentError) as refusal:
        await check(stub, profile=DeviceProfile())
    assert refusal.value.reason is errors.Reason.INVALID_DEVICE_PROFILE
