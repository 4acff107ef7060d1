"""What happens to fetches when the process is killed, the disk is full, or an upstream falls silent."""

import asyncio
import hashlib
import json
import resource
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from threading import Event
from typing import Any

import grpc
import pytest
from tests.contract.test_upstreams_servicer import (
    NEW_PHONE,
    SERVICE,
    add,
    catalogue,
    download,
    leftovers,
)
from tests.support.upstream import LONG, Repository, UpstreamServer

from appshare import errors
from appshare.app_download.__main__ import running
from appshare.app_download.settings import DownloadSettings
from appshare.app_download.upstreams import web
from appshare.rpc.address import Address
from appshare.rpc.call import open_channel
from appshare.v1 import app_download_pb2 as pb
from appshare.v1.app_download_pb2_grpc import AppDownloadServiceStub

pytestmark = pytest.mark.usefixtures("fresh_store")

HUGE = 16 << 20
"""Bytes of a file that no database or log of a test comes near."""


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "repository")


@pytest.fixture
def server(repository: Repository) -> Iterator[UpstreamServer]:
    with UpstreamServer(repository.folder).running() as server:
        yield server


@pytest.fixture
async def impatient(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[AppDownloadServiceStub]:
    """AppDownload that takes a second for silence."""
    monkeypatch.setattr(web, "PAUSE", 0.0)
    monkeypatch.setattr(web, "SILENCE_LIMIT", 1.0)
    settings = DownloadSettings(data=tmp_path, listen=Address("127.0.0.1", 0), upstream_refresh_minutes=0)
    async with running(settings) as addresses, grpc.aio.insecure_channel(str(addresses["listen"])) as channel:
        yield AppDownloadServiceStub(channel)


@asynccontextmanager
async def process(data: Path) -> AsyncIterator[tuple[Process, AppDownloadServiceStub]]:
    """AppDownload as a process."""
    started = await asyncio.create_subprocess_exec(
        sys.executable,
        *["-m", "appshare.app_download", "--listen", "127.0.0.1:0", "--log-format", "json", "--data", str(data)],
        *["--upstream-refresh-minutes", "0"],
        stdin=DEVNULL,
        stderr=PIPE,
    )
    try:
        assert started.stderr
        ready: dict[str, Any] = {}
        while ready.get("event") != "ready":
            ready = json.loads(await started.stderr.readline())
        async with open_channel(ready["listen"]) as channel:
            yield started, AppDownloadServiceStub(channel)
    finally:
        if started.returncode is None:
            started.kill()
        await started.communicate()


async def test_a_silent_upstream_is_the_same_error_to_all_who_wait(
    impatient: AppDownloadServiceStub, server: UpstreamServer, tmp_path: Path
) -> None:
    await add(impatient, server)
    gate = Event()
    server.gates[LONG] = (0, gate)
    refusals = await asyncio.gather(*(download(impatient) for _ in range(4)), return_exceptions=True)
    assert {getattr(refusal, "reason", None) for refusal in refusals} == {errors.Reason.UPSTREAM_UNREACHABLE}
    assert {str(refusal) for refusal in refusals} == {"the upstream does not answer in time; try again later"}
    assert leftovers(tmp_path) == []
    gate.set()
    server.gates.clear()
    assert (await download(impatient))[1] == (server.folder / LONG).read_bytes()


async def test_where_an_upstream_falls_silent_a_mirror_goes_on(
    impatient: AppDownloadServiceStub, server: UpstreamServer, repository: Repository
) -> None:
    with UpstreamServer(repository.folder).running() as mirror:
        await add(impatient, server, mirrors=[mirror.address])
        server.gates[LONG] = (50_000, Event())
        assert (await download(impatient))[1] == (repository.folder / LONG).read_bytes()
        [(_, headers)] = [(path, headers) for path, headers in mirror.asked if path.endswith(LONG)]
        assert headers["Range"] == "bytes=50000-"
        assert server.requests_for(LONG) == 1


async def test_a_process_that_is_killed_while_it_fetches_leaves_nothing(
    server: UpstreamServer, repository: Repository, tmp_path: Path
) -> None:
    content = (repository.folder / LONG).read_bytes()
    gate = Event()
    server.gates[LONG] = (150_000, gate)
    async with process(tmp_path) as (killed, stub):
        await add(stub, server)
        fetching = asyncio.ensure_future(download(stub))
        await asyncio.to_thread(server.wait_for, LONG)
        killed.kill()
        with pytest.raises(errors.UnavailableError):
            await fetching
    gate.set()
    server.gates.clear()
    async with process(tmp_path) as (_, stub):
        assert leftovers(tmp_path) == []
        assert await catalogue(stub) == []
        assert (await download(stub))[1] == content
        assert [each.package_id for each in await catalogue(stub)] == [hashlib.sha256(content).hexdigest()]
        checked = [message async for message in SERVICE.stream(stub.VerifyStorage, pb.VerifyStorageRequest())]
        assert not any(message.HasField("finding") for message in checked)


async def test_a_disk_that_is_full_ends_the_fetch_and_nothing_else(
    server: UpstreamServer, repository: Repository, tmp_path: Path
) -> None:
    """The process may write no file of such a size, which is told as a full disk is."""
    repository.change_file(LONG, bytes(HUGE))
    repository.publish()
    async with process(tmp_path) as (full, stub):
        await add(stub, server)
        resource.prlimit(full.pid, resource.RLIMIT_FSIZE, (HUGE // 2, resource.RLIM_INFINITY))
        refusals = await asyncio.gather(download(stub), download(stub), return_exceptions=True)
        assert {getattr(refusal, "reason", None) for refusal in refusals} == {errors.Reason.STORAGE_UNAVAILABLE}
        assert leftovers(tmp_path) == []
        assert (await download(stub, NEW_PHONE))[1] == (repository.folder / "notes-2.0-arm64-v8a.apk").read_bytes()
