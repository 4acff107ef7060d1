"""Several processes of the gateway on one port, under `appshare-server all`."""

import asyncio
import os
import signal
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import grpc
import pytest
from demo.server_process import ServerProcess, running_server_process
from tests.support.phones import register
from tests.support.processes import children

from appshare.device_agent.client import DeviceClient
from appshare.device_agent.feed import follow
from appshare.device_agent.model import Session


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ServerProcess]:
    monkeypatch.setenv("APPSHARE_WORKERS", "2")
    with running_server_process(tmp_path / "data", tmp_path / "server.log") as running:
        yield running


def workers(server: ServerProcess) -> set[int]:
    """The process ids of the gateway's workers."""
    [host] = children(server.children()["gateway"])
    return set(children(host))


async def until_two_others(server: ServerProcess, gone: int) -> None:
    ready = '"event": "ready"'
    before = server.log.read_text(encoding="utf-8").count(ready)
    while len(workers(server) - {gone}) != 2 or server.log.read_text(encoding="utf-8").count(ready) == before:  # noqa: ASYNC110  # of other processes
        await asyncio.sleep(0.05)


async def test_a_stream_goes_on_silently_while_the_workers_are_drained_one_by_one_and_all_end_with_the_server(
    server: ServerProcess,
) -> None:
    async with grpc.aio.insecure_channel(server.devices) as channel:
        phone, friend = await register(server, channel), await register(server, channel)
    held, told = phone.session, list[str]()
    session = Session(
        held.device_id,
        held.access_token,
        datetime.fromtimestamp(held.access_expire_time.seconds, UTC),
        held.refresh_token,
    )
    async with DeviceClient(server.devices, session) as client:
        came = asyncio.create_task(anext(follow(client, told.append)))
        await client.friends()
        for worker in workers(server):
            os.kill(worker, signal.SIGTERM)
            await until_two_others(server, worker)
        async with grpc.aio.insecure_channel(server.devices) as channel:
            friend.channel = channel
            friend.__post_init__()
            phone.channel = channel
            phone.__post_init__()
            await friend.sync(phone.number)
            await phone.sync(friend.number)
        await came
    assert told == []

    processes = workers(server)
    assert len(processes) == 2
    assert await asyncio.to_thread(server.stop) == 0
    assert not [each for each in processes if Path(f"/proc/{each}").exists()]
