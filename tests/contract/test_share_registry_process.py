import asyncio
import json
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from appshare.rpc.call import open_channel
from appshare.v1 import share_registry_pb2 as pb
from appshare.v1.app_pb2 import App
from appshare.v1.device_pb2 import PLATFORM_ANDROID
from appshare.v1.share_pb2 import Inventory
from appshare.v1.share_registry_pb2_grpc import ShareRegistryServiceStub

pytestmark = pytest.mark.usefixtures("fresh_store")

APP = App(platform=PLATFORM_ANDROID, package_name="org.example.notes")


@asynccontextmanager
async def running(data: Path) -> AsyncIterator[tuple[Process, ShareRegistryServiceStub]]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *["-m", "appshare.share_registry", "--listen", "127.0.0.1:0", "--log-format", "json", "--data", str(data)],
        stdin=DEVNULL,
        stderr=PIPE,
    )
    try:
        assert process.stderr
        ready = json.loads(await process.stderr.readline())
        assert ready["event"] == "ready"
        async with open_channel(ready["listen"]) as channel:
            yield process, ShareRegistryServiceStub(channel)
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def test_what_was_answered_outlives_the_process(tmp_path: Path) -> None:
    async with running(tmp_path) as (process, registry):
        await registry.PublishInventory(pb.PublishInventoryRequest(device_id="owner", full=Inventory(apps=[APP])))
        process.kill()
    async with running(tmp_path) as (process, registry):
        listed = await registry.ListInventory(pb.ListInventoryRequest(device_id="owner"))
        assert [entry.app for entry in listed.apps] == [APP]
        # An open stream does not hold up the end.
        stream = registry.StreamInbox(pb.StreamInboxRequest(device_id="viewer"))
        await stream.read()
        process.terminate()
        assert await asyncio.wait_for(process.wait(), 4) == 0
