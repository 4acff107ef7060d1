"""A snapshot taken while the cloud works, and a cloud started on what it holds."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import grpc
import pytest
from demo.server_process import running_server_process
from tests.support.cloud import app, person
from tests.support.phones import Phone, register
from tests.support.stores import on_postgresql

from appshare.v1 import device_gateway_pb2 as pb
from appshare.v1 import share_pb2

pytestmark = pytest.mark.skipif(
    on_postgresql(), reason="the command copies SQLite files; PostgreSQL is backed up by its own tools"
)

CHAT = "org.appshare.sample.chat"


def admin(data: Path, *arguments: str | Path) -> Any:
    words = [sys.executable, "-m", "appshare.operator", "--data", data, *arguments, "--json"]
    result = subprocess.run(list(map(str, words)), capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    return json.loads(result.stdout)


async def publish_app(owner: Phone, acknowledged: list[str]) -> None:
    name = f"org.example.app{len(acknowledged)}"
    delta = share_pb2.InventoryDelta(upserted=[app(name)])
    await owner.call(owner.sharing.PublishApps, pb.PublishAppsRequest(delta=delta))
    acknowledged.append(name)


async def publish_apps(owner: Phone, acknowledged: list[str], stopped: asyncio.Event) -> None:
    while not stopped.is_set():
        await publish_app(owner, acknowledged)


async def published(owner: Phone) -> set[str]:
    names, token = set(), ""
    while True:
        page = await owner.call(owner.sharing.ListMyApps, pb.ListMyAppsRequest(page_size=200, page_token=token))
        names |= {each.app.package_name for each in page.apps}
        token = page.next_page_token
        if not token:
            return names


@pytest.mark.usefixtures("no_call_limits")
async def test_a_cloud_starts_on_a_snapshot_that_was_taken_while_it_worked(tmp_path: Path, samples: Path) -> None:
    backups, restored, log = tmp_path / "backups", tmp_path / "restored", tmp_path / "server.log"
    package = samples / "chat-1.0.apk"
    names: list[str] = []
    with running_server_process(tmp_path / "data", log) as server:
        admin(server.data, "packages", "add", package)
        async with grpc.aio.insecure_channel(server.devices) as channel:
            owner, viewer = await register(server, channel), await register(server, channel)
            await owner.sync(viewer.number)
            await viewer.sync(owner.number)
            await owner.share(chat=share_pb2.AUDIENCE_KIND_FRIENDS)
            await publish_app(owner, names)
            before, stopped = list(names), asyncio.Event()
            working = asyncio.create_task(publish_apps(owner, names, stopped))
            await asyncio.to_thread(admin, server.data, "backup", "take", backups)
            stopped.set()
            await working
            await owner.call(owner.account.DeleteAccount, pb.DeleteAccountRequest())
    assert admin(tmp_path / "data", "backup", "check", backups)["faults"] == []
    admin(tmp_path / "data", "backup", "restore", backups, "--into", restored)
    with running_server_process(restored, log) as server:
        async with grpc.aio.insecure_channel(server.devices) as channel:
            owner = Phone(owner.number, owner.session, channel)
            viewer = Phone(viewer.number, viewer.session, channel)
            assert await viewer.shares_of(person(owner.number)) == ["chat"]
            _, content = await viewer.download(owner.number, CHAT)
            assert content == package.read_bytes()
            assert set(before) <= await published(owner) <= {CHAT, *names}
