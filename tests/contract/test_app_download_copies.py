"""Several copies of AppDownload on one PostgreSQL database and one bucket: what they must not do to each other."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from threading import Event
from uuid import uuid4

import asyncpg
import grpc
import pytest
from tests.support.app_download import SERVICE, add, download
from tests.support.download_stores import emptied, opened
from tests.support.postgresql_server import PostgresqlServer
from tests.support.s3_server import BUCKET
from tests.support.upstream import LONG, NOTES, OWNER, Repository, UpstreamServer
from tests.unit.app_download.samples import apk

from appshare import errors
from appshare.app_download.__main__ import running
from appshare.app_download.admission_policy import AdmissionPolicy
from appshare.app_download.catalogue import Catalogue
from appshare.app_download.leases import fetch_of
from appshare.app_download.package import Package
from appshare.app_download.package_files import PackageFiles
from appshare.app_download.settings import DownloadSettings
from appshare.app_download.stores import postgresql_leases
from appshare.app_download.stores.opening import Stores
from appshare.app_download.stores.postgresql_leases import PostgresqlLeases
from appshare.app_download.upstreams import web
from appshare.rpc.address import Address
from appshare.v1 import app_download_pb2 as pb
from appshare.v1 import upstream_pb2
from appshare.v1.app_download_pb2_grpc import AppDownloadServiceStub
from appshare.v1.device_pb2 import PLATFORM_ANDROID, DeviceProfile

PHONE = DeviceProfile(platform=PLATFORM_ANDROID, sdk_version=24, supported_abis=["armeabi-v7a"])
CHAT = "org.appshare.sample.chat"


@pytest.fixture
def url(postgresql: PostgresqlServer) -> Iterator[str]:
    with postgresql.fresh_database() as url:
        yield url


@pytest.fixture
async def copies(
    url: str, s3_environment: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[list[AppDownloadServiceStub]]:
    """Two copies on one machine, with one data folder."""
    monkeypatch.setattr(web, "PAUSE", 0.0)
    for name, value in (s3_environment | {"APPSHARE_DATABASE": url}).items():
        monkeypatch.setenv(name, value)
    settings = DownloadSettings(
        data=tmp_path,
        listen=Address("127.0.0.1", 0),
        chunk_kib=16,
        upstream_refresh_minutes=0,
        packages_url=f"s3://{BUCKET}/{uuid4()}",
        database_connections=4,
    )
    async with AsyncExitStack() as stack:
        addresses = [await stack.enter_async_context(running(settings)) for _ in range(2)]
        channels = [
            await stack.enter_async_context(grpc.aio.insecure_channel(str(each["listen"]))) for each in addresses
        ]
        yield list(map(AppDownloadServiceStub, channels))


@pytest.fixture
def upstream(tmp_path: Path) -> Iterator[UpstreamServer]:
    with UpstreamServer(Repository(tmp_path / "repository").folder).running() as server:
        yield server


async def register(stub: AppDownloadServiceStub, server: UpstreamServer) -> None:
    source = upstream_pb2.Upstream(name="sample", address=server.address, fingerprint=OWNER.fingerprint)
    request = upstream_pb2.RegisterUpstreamRequest(upstream=source)
    assert [message async for message in SERVICE.stream(stub.RegisterUpstream, request)]


async def test_what_one_copy_takes_in_or_removes_the_other_serves_or_does_not(
    copies: list[AppDownloadServiceStub], samples: Path
) -> None:
    one, other = copies
    phone = DeviceProfile(platform=PLATFORM_ANDROID, sdk_version=34, supported_abis=["x86_64"])
    content = (samples / "chat-2.0-x86_64.apk").read_bytes()
    for _ in range(2):  # the second time, each has seen it go
        package = await add(one, {"chat.apk": content})
        assert list((await download(other, CHAT, phone)).values()) == [content]
        await SERVICE.unary(other.DeleteFromCatalogue, pb.DeleteFromCatalogueRequest(package_id=package.package_id))
        assert await download(one, CHAT, phone) == {}


async def test_copies_that_are_asked_for_one_missing_app_fetch_it_once(
    copies: list[AppDownloadServiceStub], upstream: UpstreamServer
) -> None:
    await register(copies[0], upstream)
    content = (upstream.folder / LONG).read_bytes()
    gate = Event()
    upstream.gates[LONG] = (50_000, gate)
    waiting = [asyncio.ensure_future(download(stub, NOTES, PHONE)) for stub in copies * 2]
    await asyncio.to_thread(upstream.wait_for, LONG)
    gate.set()
    assert [list(files.values()) for files in await asyncio.gather(*waiting)] == [[content]] * 4
    assert upstream.requests_for(LONG) == 1


async def test_what_a_dead_copy_was_fetching_another_fetches(
    copies: list[AppDownloadServiceStub], upstream: UpstreamServer, url: str
) -> None:
    await register(copies[0], upstream)
    content = (upstream.folder / LONG).read_bytes()
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(
            "INSERT INTO app_download.leases VALUES ($1, 'a dead one', now() + interval '1 second')",
            fetch_of(hashlib.sha256(content).hexdigest()),
        )
    finally:
        await connection.close()
    assert list((await download(copies[1], NOTES, PHONE)).values()) == [content]


@pytest.fixture
async def both(postgresql: PostgresqlServer, tmp_path: Path) -> AsyncIterator[list[Stores]]:
    """The stores of two copies."""
    async with emptied(postgresql), opened(tmp_path, postgresql) as one, opened(tmp_path, postgresql) as other:
        yield [one, other]


async def test_a_name_is_held_by_one_of_all_copies(both: list[Stores]) -> None:
    inside = most = 0

    async def hold(stores: Stores) -> None:
        nonlocal inside, most
        async with stores.leases.held("a name"):
            inside += 1
            most = max(most, inside)
            async with stores.leases.held("another name"), both[0].leases.tried("a name") as ours:
                assert not ours
            inside -= 1

    await asyncio.wait_for(asyncio.gather(*(hold(stores) for stores in both * 3)), 60)
    assert most == 1
    async with both[1].leases.tried("a name") as ours:
        assert ours


async def test_who_has_lost_a_lease_stops(both: list[Stores], monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setattr(postgresql_leases, "_RENEWAL", 0.05)
    leases = both[0].leases
    assert isinstance(leases, PostgresqlLeases)
    with pytest.raises(errors.UnavailableError) as caught:
        async with leases.held("a name"):
            await leases._database.read("UPDATE leases SET holder = 'another'")
            await asyncio.Event().wait()
    assert caught.value.reason is errors.Reason.STORAGE_UNAVAILABLE


async def test_a_file_stays_that_one_copy_needs_while_the_other_removes_the_last_other_need(
    both: list[Stores], tmp_path: Path
) -> None:
    content = b"the part that two packages share"
    shared = replace(apk("shared.apk", size=len(content)), sha256=hashlib.sha256(content).hexdigest())
    files = [PackageFiles(tmp_path / "packages") for _ in both]
    files[0].prepare()
    catalogues = [
        Catalogue(stores.catalogue, stores.decisions, each, AdmissionPolicy(), stores.leases)
        for stores, each in zip(both, files, strict=True)
    ]

    async def keep(copy: int, number: int) -> None:
        async with files[copy].incoming() as file:
            await file.write(content)
            await catalogues[copy].keep(Package(package_id=f"package-{number}", build=shared), [file])

    await keep(0, 0)
    for number in range(6):
        await asyncio.gather(catalogues[number % 2].remove(f"package-{number}"), keep((number + 1) % 2, number + 1))
        async with files[0].open(shared.sha256, shared.size) as stored:
            assert b"".join([bytes(chunk) async for chunk in stored.chunks(0, shared.size, 100)]) == content
