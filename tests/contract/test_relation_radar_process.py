"""RelationRadar as the process that an operator starts."""

import asyncio
import json
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from grpc import StatusCode
from tests.contract.refusals import refusal
from tests.support.stores import on_postgresql

from appshare.relation_radar.__main__ import main
from appshare.rpc.call import open_channel
from appshare.v1 import relation_radar_pb2 as pb
from appshare.v1.friendship_pb2 import Contact, ContactBook, PersonRef
from appshare.v1.relation_radar_pb2_grpc import RelationRadarServiceStub

pytestmark = pytest.mark.usefixtures("fresh_store")

OTHER_KEYS = (
    "the file of the number keys is not that of the database: put back a backup of it;"
    " all copies of the service need the same file"
)
PATIENCE = 60
"""Seconds until something that must happen is taken not to happen."""

ANN, BOB = "+8613800138000", "+8613800138001"


@dataclass
class Radar:
    """A running process.

    Attributes:
        log: what it has logged so far, as it was written.
    """

    process: Process
    stub: RelationRadarServiceStub
    log: list[str]

    async def event(self, name: str) -> Mapping[str, Any]:
        """The next event of the name."""
        assert self.process.stderr is not None
        while True:
            line = (await asyncio.wait_for(self.process.stderr.readline(), PATIENCE)).decode()
            self.log.append(line)
            event: Mapping[str, Any] = json.loads(line)
            if event["event"] == name:
                return event

    async def register(self, number: str) -> pb.ConfirmRegistrationResponse:
        """Registers a device as a developer does it: with the code that is in the log."""
        started = await self.stub.StartRegistration(pb.StartRegistrationRequest(number=number))
        event = await self.event("one-time code")
        assert event["registration_id"] == started.registration_id
        request = pb.ConfirmRegistrationRequest(registration_id=started.registration_id, code=event["code"])
        confirmed: pb.ConfirmRegistrationResponse = await self.stub.ConfirmRegistration(request)
        return confirmed


@asynccontextmanager
async def running(data: Path, *flags: str) -> AsyncIterator[Radar]:
    """Runs the process while the context is open."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "appshare.relation_radar", "--listen=127.0.0.1:0", f"--data={data}"),
        *("--log-level=debug", "--log-format=json", *flags),
        stdin=DEVNULL,
        stderr=PIPE,
    )
    radar = Radar(process, None, [])
    try:
        ready = await radar.event("ready")
        async with open_channel(ready["listen"]) as channel:
            radar.stub = RelationRadarServiceStub(channel)
            yield radar
    finally:
        if process.returncode is None:
            process.kill()
        radar.log.append((await process.communicate())[1].decode())


async def test_what_was_answered_outlives_the_process(tmp_path: Path) -> None:
    async with running(tmp_path) as radar:
        ann, bob = await radar.register(ANN), await radar.register(BOB)
        for device, other in ((ann, BOB), (bob, ANN)):
            book = ContactBook(contacts=[Contact(contact_id=1, numbers=[other])])
            await radar.stub.SyncBook(pb.SyncBookRequest(device_id=device.device_id, full=book))
        radar.process.kill()
    log = radar.log
    async with running(tmp_path) as radar:
        listed = await radar.stub.ListFriendships(pb.ListFriendshipsRequest(device_id=ann.device_id))
        assert [friend.device_id for friend in listed.friends] == [bob.device_id]
        rotated = await radar.stub.RotateRefreshToken(pb.RotateRefreshTokenRequest(refresh_token=ann.refresh_token))
        assert rotated.device_id == ann.device_id
        # The key of the numbers is the same: Bob is found by his number.
        book = ContactBook(contacts=[Contact(contact_id=7, numbers=[BOB])])
        await radar.stub.SyncBook(pb.SyncBookRequest(device_id=ann.device_id, full=book))
        listed = await radar.stub.ListFriendships(pb.ListFriendshipsRequest(device_id=ann.device_id))
        assert [friend.contact_id for friend in listed.friends] == [7]
        # An open stream does not hold up the end.
        stream = radar.stub.WatchFriendships(pb.WatchFriendshipsRequest(device_id=ann.device_id))
        await stream.read()
        radar.process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(radar.process.wait(), PATIENCE) == 0
    everything = "".join(log + radar.log)
    for secret in (ANN.removeprefix("+86"), BOB.removeprefix("+86"), ann.refresh_token, rotated.refresh_token):
        assert secret not in everything


async def test_a_rotation_that_a_kill_interrupts_is_finished_by_the_next_process(tmp_path: Path) -> None:
    key_file = tmp_path / "relation-radar" / "number.key"
    async with running(tmp_path) as radar:
        ann, bob = await radar.register(ANN), await radar.register(BOB)
        book = ContactBook(contacts=[Contact(contact_id=7, numbers=[BOB])])
        await radar.stub.SyncBook(pb.SyncBookRequest(device_id=ann.device_id, full=book))
        first_key = key_file.read_bytes()
        started = await radar.stub.StartNumberKeyRotation(pb.StartNumberKeyRotationRequest())
        assert (started.rotation.running, started.rotation.books_total) == (True, 1)
        radar.process.kill()
    async with running(tmp_path) as radar:
        while (await radar.stub.ReadNumberKeyRotation(pb.ReadNumberKeyRotationRequest())).rotation.running:
            pass
        rotation = (await radar.stub.ReadNumberKeyRotation(pb.ReadNumberKeyRotationRequest())).rotation
        assert (rotation.generation, rotation.books_done, rotation.books_total) == (2, 1, 1)
        found = await radar.stub.FindDevices(
            pb.FindDevicesRequest(device_id=ann.device_id, person=PersonRef(number=BOB))
        )
        assert [(each.device_id, each.contact_id) for each in found.acquaintances] == [(bob.device_id, 7)]
    key_file.write_bytes(first_key)
    assert await _start(tmp_path, listen="127.0.0.1:0") == (
        1,
        "Error: the file of the number keys holds 1, the database needs 2:"
        " put back a backup of the file from after the last rotation was started",
    )


async def test_a_key_file_of_another_deployment_is_refused(tmp_path: Path) -> None:
    async with running(tmp_path):
        pass
    (tmp_path / "relation-radar" / "number.key").write_bytes(bytes(32))
    assert await _start(tmp_path, listen="127.0.0.1:0") == (1, f"Error: {OTHER_KEYS}")


async def test_settings_reach_what_they_are_for(tmp_path: Path) -> None:
    flags = (
        "--default-region=US",
        "--codes-per-hour=1",
        "--max-contacts=1",
        "--max-blocks=1",
        "--friendship-rule=mutual",
    )
    async with running(tmp_path, *flags) as radar:
        ann = await radar.register("(650) 253-0000")
        refused = await refusal(radar.stub.StartRegistration(pb.StartRegistrationRequest(number="+16502530000")))
        assert (refused.code, refused.reason) == (StatusCode.RESOURCE_EXHAUSTED, "LIMIT_EXCEEDED")
        contacts = [Contact(contact_id=number, numbers=[f"650-253-000{number}"]) for number in (1, 2)]
        request = pb.SyncBookRequest(device_id=ann.device_id, full=ContactBook(contacts=contacts))
        assert (await refusal(radar.stub.SyncBook(request))).reason == "LIMIT_EXCEEDED"
        blocks = [
            pb.AddBlocksRequest(device_id=ann.device_id, person=PersonRef(number=f"650-253-000{number}"))
            for number in (1, 2)
        ]
        await radar.stub.AddBlocks(blocks[0])
        assert (await refusal(radar.stub.AddBlocks(blocks[1]))).reason == "LIMIT_EXCEEDED"


async def test_a_start_that_fails_says_why(tmp_path: Path) -> None:
    async with running(tmp_path) as radar:
        address = next(json.loads(line)["listen"] for line in radar.log if '"ready"' in line)
        # With PostgreSQL, the same folder is for copies of the service; another has other keys.
        on_its_port, refused = await asyncio.gather(
            _start(tmp_path if on_postgresql() else tmp_path / "other", listen=address),
            _start(tmp_path / "other" if on_postgresql() else tmp_path, listen="127.0.0.1:0"),
        )
    assert on_its_port == (1, f"Error: cannot listen on {address}: the port is taken or the address is not ours")
    folder = tmp_path / "relation-radar"
    assert refused == (
        (1, f"Error: {OTHER_KEYS}")
        if on_postgresql()
        else (1, f"Error: another process is using {folder}: stop it, or take another --data folder")
    )


@pytest.mark.parametrize(
    ("flags", "environment", "problem"),
    [
        (["--default-region=XX"], {}, "--default-region (APPSHARE_DEFAULT_REGION): not a region"),
        ([], {"APPSHARE_DEFAULT_REGION": "China"}, "--default-region (APPSHARE_DEFAULT_REGION): not a region"),
        (["--hub-limit=0"], {}, "--hub-limit (APPSHARE_HUB_LIMIT)"),
        ([], {"APPSHARE_FRIENDSHIP_RULE": "all"}, "--friendship-rule (APPSHARE_FRIENDSHIP_RULE)"),
        ([], {"APPSHARE_LISTEN": "0.0.0.0:7410"}, "0.0.0.0:7410 is beyond this machine"),
    ],
)
def test_wrong_settings_are_refused_before_anything_starts(
    tmp_path: Path, flags: list[str], environment: dict[str, str], problem: str
) -> None:
    data = tmp_path / "data"
    result = CliRunner().invoke(main, [f"--data={data}", *flags], env=environment)
    assert result.exit_code == 2
    assert problem in result.output
    assert not data.exists()


async def _start(data: Path, listen: str) -> tuple[int | None, str]:
    """How a process ends that cannot start: its exit code and the last line that it says."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "appshare.relation_radar", f"--listen={listen}", f"--data={data}"),
        stdin=DEVNULL,
        stderr=PIPE,
    )
    _, errors = await asyncio.wait_for(process.communicate(), PATIENCE)
    return process.returncode, errors.decode().splitlines()[-1]
