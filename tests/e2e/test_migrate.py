"""A cloud moved to PostgreSQL while it works, switched over, and moved back: its phones notice nothing."""

import asyncio
import json
import shutil
from pathlib import Path

import grpc
import pytest
from demo.server_process import ServerProcess, running_server_process
from tests.e2e.test_backup import CHAT, admin, publish_app, publish_apps, published
from tests.support.cloud import person
from tests.support.phones import Phone, register
from tests.support.postgresql_server import PostgresqlServer
from tests.support.stores import on_postgresql

from appshare.v1 import share_pb2


@pytest.mark.timeout(300)  # three clouds, one after the other
@pytest.mark.skipif(on_postgresql(), reason="it is on PostgreSQL already")
@pytest.mark.usefixtures("no_call_limits")
async def test_a_cloud_moves_to_postgresql_and_back(
    tmp_path: Path, samples: Path, postgresql: PostgresqlServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, back, log = tmp_path / "data", tmp_path / "back", tmp_path / "server.log"
    package = samples / "chat-1.0.apk"
    names: list[str] = []
    with postgresql.fresh_database() as url:
        with running_server_process(data, log) as server:
            admin(data, "packages", "add", package)
            async with grpc.aio.insecure_channel(server.devices) as channel:
                owner, viewer = await register(server, channel), await register(server, channel)
                await owner.sync(viewer.number)
                await viewer.sync(owner.number)
                await owner.share(chat=share_pb2.AUDIENCE_KIND_FRIENDS)
                stopped = asyncio.Event()
                working = asyncio.create_task(publish_apps(owner, names, stopped))
                await asyncio.to_thread(admin, data, "migrate", "--to", url)
                stopped.set()
                await working
        moved = admin(data, "migrate", "--to", url)
        assert rows(moved, "share_registry", "apps") == len(names) + 1
        assert rows(moved, "app_download", "packages") == 1

        monkeypatch.setenv("APPSHARE_DATABASE", url)
        with running_server_process(data, log) as server:
            await unchanged(server, owner, viewer, names, package)
            async with grpc.aio.insecure_channel(server.devices) as channel:
                await publish_app(Phone(owner.number, owner.session, channel), names)
        monkeypatch.delenv("APPSHARE_DATABASE")

        restored = admin(data, "migrate", "--to", f"sqlite:{back}", "--from", url)
        assert rows(restored, "share_registry", "apps") == len(names) + 1
    shutil.copytree(data / "gateway", back / "gateway")
    shutil.copytree(data / "app-download" / "packages", back / "app-download" / "packages")
    shutil.copy(data / "relation-radar" / "number.key", back / "relation-radar")
    with running_server_process(back, log) as server:
        await unchanged(server, owner, viewer, names, package)


async def unchanged(server: ServerProcess, owner: Phone, viewer: Phone, names: list[str], package: Path) -> None:
    """Both phones go on with the sessions that they have."""
    async with grpc.aio.insecure_channel(server.devices) as channel:
        owner = Phone(owner.number, owner.session, channel)
        viewer = Phone(viewer.number, viewer.session, channel)
        assert await viewer.shares_of(person(owner.number)) == ["chat"]
        _, content = await viewer.download(owner.number, CHAT)
        assert content == package.read_bytes()
        assert await published(owner) == {CHAT, *names}


def rows(moved: object, service: str, table: str) -> int:
    """How many rows of a table have been moved, as the command says."""
    services = json.loads(json.dumps(moved))["services"]
    [found] = [each["tables"][table]["rows"] for each in services if each["service"] == service]
    return int(found)
