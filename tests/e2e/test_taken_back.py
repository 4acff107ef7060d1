"""What is taken back while it is being downloaded does not arrive."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from pathlib import Path

import grpc
import pytest
from benchmarks.stream.stored_package import store_package
from demo.server_process import ServerProcess, running_server_process
from tests.e2e.test_download_faults import NAME, PROFILE, share_with_a_friend
from tests.support.cloud import audience, new_number, person
from tests.support.phones import Phone

from appshare import errors
from appshare.device_agent import wire
from appshare.device_agent.client import DeviceClient
from appshare.device_agent.model import ByNumber, FileChunk
from appshare.fit.answer import FitAnswer
from appshare.v1 import device_gateway_pb2 as pb
from appshare.v1 import share_pb2

SIZE = 16 << 20
"""Bytes: many times what is under way to a phone that has stopped reading."""

Messages = AsyncGenerator[FitAnswer | FileChunk, None]


async def unshare(owner: Phone, _viewer: Phone) -> None:
    changes = [share_pb2.AudienceChange(package_name=NAME, audience=audience(share_pb2.AUDIENCE_KIND_NOBODY))]
    await owner.call(owner.sharing.SetAudiences, pb.SetAudiencesRequest(changes=changes))


async def block(owner: Phone, viewer: Phone) -> None:
    await owner.call(owner.friends.BlockPerson, pb.BlockPersonRequest(person=person(viewer.number)))


async def delete(owner: Phone, _viewer: Phone) -> None:
    await owner.call(owner.account.DeleteAccount, pb.DeleteAccountRequest())


async def unfriend(owner: Phone, _viewer: Phone) -> None:
    await owner.sync(new_number())


async def read(messages: Messages) -> int:
    """Reads to the end; how many bytes that were."""
    return sum([len(each.data) async for each in messages if isinstance(each, FileChunk)])


async def take_back_meanwhile(server: ServerProcess, take_back: Callable[[Phone, Phone], Awaitable[None]]) -> None:
    async with grpc.aio.insecure_channel(server.devices) as channel:
        owner, viewer = await share_with_a_friend(server, channel)
        async with DeviceClient(server.devices, wire.read_session(viewer.session)) as client:
            async with aclosing(client.download(ByNumber(owner.number), NAME, PROFILE, {})) as messages:
                assert isinstance(await anext(messages), FitAnswer)
                await anext(messages)
                await take_back(owner, viewer)
                with pytest.raises(errors.PermissionDeniedError) as ended:
                    await read(messages)
            assert ended.value.reason is errors.Reason.NOT_SHARED_WITH_YOU
            with pytest.raises(errors.PermissionDeniedError):
                await read(client.download(ByNumber(owner.number), NAME, PROFILE, {}))


async def test_a_download_ends_with_its_share_and_does_not_begin_again(tmp_path: Path) -> None:
    await store_package(tmp_path / "data", NAME, SIZE)
    with running_server_process(tmp_path / "data", tmp_path / "server.log") as server:
        for take_back in (unshare, block, unfriend, delete):
            await take_back_meanwhile(server, take_back)
