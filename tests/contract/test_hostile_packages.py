"""Hostile files at a running AppDownload: refused with a reason, and nobody else notices."""

import asyncio
import hashlib
import json
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from benchmarks.fuzz.__main__ import default_files, fuzz
from tests.contract.test_app_download_servicer import CHAT, PHONE, SERVICE, announce, upload
from tests.support.hostile_packages import HOSTILE

from appshare import errors
from appshare.rpc.call import open_channel
from appshare.v1 import app_download_pb2 as pb
from appshare.v1.app_download_pb2_grpc import AppDownloadServiceStub

SAMPLE = Path(__file__).parents[1] / "packages" / "chat-1.0.apk"
GROWTH = 64 << 20
"""Bytes that the service may grow by while it takes files of 60 MB: buffers of connections, what it imports late."""


@asynccontextmanager
async def running(data: Path) -> AsyncIterator[tuple[int, AppDownloadServiceStub]]:
    """The service as a process of its own; its id."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *["-m", "appshare.app_download", "--listen", "127.0.0.1:0", "--log-format", "json", "--data", str(data)],
        stdin=DEVNULL,
        stderr=PIPE,
    )
    try:
        assert process.stderr
        ready = json.loads(await process.stderr.readline())
        async with open_channel(ready["listen"]) as channel:
            yield process.pid, AppDownloadServiceStub(channel)
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


def memory(process_id: int) -> int:
    """The most that a process has had, in bytes."""
    status = Path(f"/proc/{process_id}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) << 10


async def ingest(stub: AppDownloadServiceStub, content: bytes) -> pb.IngestResponse:
    messages = upload(announce("app.apk", content), content, size=512 << 10)
    return await SERVICE.upload(stub.Ingest, messages, idle_limit=120)


async def test_hostile_files_are_refused_and_others_are_served_meanwhile(tmp_path: Path) -> None:
    async with running(tmp_path) as (process_id, stub):
        await ingest(stub, SAMPLE.read_bytes())
        before = memory(process_id)
        for name, (make, reason) in HOSTILE.items():
            refused = asyncio.create_task(ingest(stub, make()))
            while not refused.done():
                matched = await SERVICE.unary(stub.Match, pb.MatchRequest(package_name=CHAT, profile=PHONE))
                assert matched.answer.fit.version_code == 100
                await asyncio.wait([refused], timeout=0.1)
            with pytest.raises(errors.InvalidArgumentError) as refusal:
                await refused
            assert refusal.value.reason is reason, (name, refusal.value.message)
        assert memory(process_id) - before < GROWTH
        listed = await SERVICE.unary(stub.ListCatalogue, pb.ListCatalogueRequest())
        assert [package.package_id for package in listed.packages] == [hashlib.sha256(SAMPLE.read_bytes()).hexdigest()]
    kept = [path.name for path in (tmp_path / "app-download" / "packages").rglob("*") if path.is_file()]
    assert len(kept) == 1


def test_packages_that_are_damaged_at_random_are_read_or_refused() -> None:
    findings = fuzz(default_files(), first=1, seconds=1)
    assert findings.outcomes.total() > 0
    assert findings.defects == []
