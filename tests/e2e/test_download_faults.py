"""One download through the agent's code while its connection is cut at random bytes and services are killed.

`make fault-download` runs it long: `FAULT_CUTS` says how often the connection is cut.
"""

import asyncio
import hashlib
import os
import random
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from itertools import cycle
from pathlib import Path

import grpc
import pytest
from benchmarks.stream.stored_package import store_package
from demo.server_process import ServerProcess, running_server_process
from tests.support.cloud import app, audience
from tests.support.cutting_relay import CuttingRelay
from tests.support.phones import Phone, register

from appshare import errors
from appshare.command_line.progress import Unseen
from appshare.device_agent import wire
from appshare.device_agent.client import DeviceClient
from appshare.device_agent.download import Download, Downloaded
from appshare.device_agent.model import ByNumber, FileChunk
from appshare.fit.answer import FitAnswer
from appshare.fit.device_profile import DeviceProfile, Platform
from appshare.v1 import device_gateway_pb2 as pb
from appshare.v1 import share_pb2

CUTS = int(os.environ.get("FAULT_CUTS", "10"))
LONG = CUTS > 50
SIZE = (50 if LONG else 4) << 20
CHUNK = (256 if LONG else 64) << 10
CUTS_PER_KILL = 10 if LONG else 4
NAME = "org.appshare.large"
PROFILE = DeviceProfile(platform=Platform.ANDROID, sdk_version=34, supported_abis=("arm64-v8a",))


class Stream:
    """The agent's way to ask for the app, and what came over it.

    Attributes:
        received: bytes of the file that have come, however often.
        confirmed: how many bytes the agent has said that it has.
        furthest: the end of what has come.
        opened: how often the app was asked for.
        again: bytes that came although the agent had said that it has them.
    """

    def __init__(self, client: DeviceClient, owner: str) -> None:
        self._client = client
        self._owner = ByNumber(owner)
        self.received = 0
        self.confirmed = 0
        self.again = 0
        self.furthest = 0
        self.opened = 0

    async def match(self) -> FitAnswer:
        return await self._client.match(self._owner, NAME, PROFILE)

    async def open(self, positions: Mapping[str, int]) -> AsyncGenerator[FitAnswer | FileChunk, None]:
        self.opened += 1
        self.confirmed = max(self.confirmed, *positions.values(), 0)
        first = True
        async with aclosing(self._client.download(self._owner, NAME, PROFILE, positions)) as messages:
            async for message in messages:
                if isinstance(message, FileChunk):
                    if first and positions:
                        assert [message.offset] == list(positions.values())
                    first = False
                    self.received += len(message.data)
                    self.again += max(0, min(self.confirmed, message.offset + len(message.data)) - message.offset)
                    self.furthest = max(self.furthest, message.offset + len(message.data))
                yield message


async def share_with_a_friend(server: ServerProcess, channel: grpc.aio.Channel) -> tuple[Phone, Phone]:
    owner, viewer = await register(server, channel), await register(server, channel)
    await owner.sync(viewer.number)
    await viewer.sync(owner.number)
    inventory = share_pb2.Inventory(apps=[app(NAME)])
    await owner.call(owner.sharing.PublishApps, pb.PublishAppsRequest(full=inventory))
    changes = [share_pb2.AudienceChange(package_name=NAME, audience=audience(share_pb2.AUDIENCE_KIND_FRIENDS))]
    await owner.call(owner.sharing.SetAudiences, pb.SetAudiencesRequest(changes=changes))
    return owner, viewer


async def get_insistently(stream: Stream, folder: Path) -> Downloaded:
    """Downloads as a person does who starts the command again whenever it gives up."""
    while True:
        try:
            result = await Download(stream.match, stream.open, folder, Unseen(), pause=0.05).run()
        except errors.UnavailableError:
            await asyncio.sleep(0.05)
        else:
            assert isinstance(result, Downloaded)
            return result


@pytest.mark.timeout(120 + 6 * CUTS)
@pytest.mark.usefixtures("no_call_limits")
async def test_a_download_that_is_cut_and_whose_services_are_killed_arrives_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("APPSHARE_CHUNK_KIB", str(CHUNK >> 10))
    sha256 = await store_package(tmp_path / "data", NAME, SIZE)
    chance = random.Random(17)  # noqa: S311 - chooses where to cut, not a secret
    victims, kills = cycle(("app-download", "gateway")), 0

    def allowance() -> int | None:
        """Cuts fall anywhere before the end of the file, so that all of them come."""
        left = CUTS - relay.cuts
        if left <= 0:
            return None
        missing = SIZE - stream.furthest
        return chance.randint(1, min(missing, round(1.6 * missing / left) + 2 * CHUNK))

    def kill_now_and_then() -> None:
        nonlocal kills
        if relay.cuts % CUTS_PER_KILL == 0:
            server.kill_child(next(victims))
            kills += 1

    with running_server_process(tmp_path / "data", tmp_path / "server.log") as server:
        async with grpc.aio.insecure_channel(server.devices) as channel:
            owner, viewer = await share_with_a_friend(server, channel)
        relay = CuttingRelay([server.devices], allowance, kill_now_and_then)
        async with relay.running() as address, DeviceClient(address, wire.read_session(viewer.session)) as client:
            stream = Stream(client, owner.number)
            downloaded = await get_insistently(stream, tmp_path / "downloads")
    [path] = downloaded.paths
    with path.open("rb") as content:
        assert hashlib.file_digest(content, "sha256").hexdigest() == sha256
    assert relay.cuts == CUTS
    assert kills == CUTS // CUTS_PER_KILL
    assert stream.confirmed > 0
    assert stream.again == 0
    assert stream.received - SIZE <= CHUNK
