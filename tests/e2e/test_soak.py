"""Pushes while the registry, the gateway and the recipients are killed again and again.

`make soak` runs it long: `SOAK_PUSHES` says how many pushes there are.
"""

import asyncio
import os
import random
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count, cycle, pairwise
from pathlib import Path

import pytest
from demo.server_process import ServerProcess, running_server_process
from tests.support.cloud import app, audience
from tests.support.phones import Phone, register
from tests.support.recipient import Received, read_received

from appshare.rpc.call import open_channel
from appshare.v1 import device_gateway_pb2 as pb
from appshare.v1 import share_pb2

PUSHES = int(os.environ.get("SOAK_PUSHES", "100"))
SENDERS = 4
RECIPIENTS = 3
REVOKED_ONE_IN = 10
VICTIMS = ("share-registry", "recipient", "gateway", "recipient")
# Pushes between one kill and the next: all that is killed comes back meanwhile.
BETWEEN_KILLS = (8, 16) if PUSHES < 1_000 else (100, 400)


@dataclass
class Truth:
    """What the senders were answered.

    Attributes:
        accepted: notes of the pushes that all recipients have accepted, in order, by the sender's number.
        revoked: when the answer was there that a push's app is for nobody any more, by note; times as in `Received`.
        revoking: notes of which the app was to be for nobody, whatever came of it.
    """

    accepted: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    revoked: dict[str, int] = field(default_factory=dict)
    revoking: set[str] = field(default_factory=set)

    def count(self) -> int:
        """How many pushes were accepted."""
        return sum(map(len, self.accepted.values()))


class RecipientProcess:
    """A recipient that is killed and started again."""

    def __init__(self, phone: Phone, address: str, folder: Path) -> None:
        self.phone = phone
        self._address = address
        self._folder = folder
        self._files = (folder / f"{number}.jsonl" for number in count())
        folder.mkdir()
        self._process = self._start()

    def kill(self) -> None:
        """Kills it, with no chance to clean up."""
        self._process.kill()
        self._process.wait()

    def kill_and_restart(self) -> None:
        """Kills it and starts it again."""
        assert self._process.poll() is None, "a recipient ended by itself"
        self.kill()
        self._process = self._start()

    def received(self) -> list[Received]:
        """What it has written down, in all its lives."""
        files = sorted(self._folder.iterdir(), key=lambda file: int(file.stem))
        return [received for file in files for received in read_received(file)]

    def _start(self) -> subprocess.Popen[bytes]:
        arguments = [self._address, self.phone.session.access_token, str(next(self._files))]
        return subprocess.Popen([sys.executable, "-m", "tests.support.recipient", *arguments])


@contextmanager
def running_recipients(phones: list[Phone], address: str, folder: Path) -> Iterator[list[RecipientProcess]]:
    recipients = [RecipientProcess(phone, address, folder / str(index)) for index, phone in enumerate(phones)]
    try:
        yield recipients
    finally:
        for recipient in recipients:
            recipient.kill()


async def befriend(senders: list[Phone], recipients: list[Phone]) -> None:
    for senders_side, others in ((senders, recipients), (recipients, senders)):
        for phone in senders_side:
            await phone.sync(*(each.number for each in others))
    for recipient in recipients:
        await recipient.accept_pushes(share_pb2.PUSH_POLICY_FRIENDS)


async def set_audience(sender: Phone, name: str, kind: "share_pb2.AudienceKind.ValueType") -> None:
    changes = [share_pb2.AudienceChange(package_name=name, audience=audience(kind))]
    await sender.call(sender.sharing.SetAudiences, pb.SetAudiencesRequest(changes=changes))


async def push(sender: Phone, name: str, recipients: list[Phone]) -> None:
    """Pushes an app of its own, whose place no other push takes."""
    delta = share_pb2.InventoryDelta(upserted=[app(name)])
    await sender.call(sender.sharing.PublishApps, pb.PublishAppsRequest(delta=delta))
    await set_audience(sender, name, share_pb2.AUDIENCE_KIND_FRIENDS)
    numbers = [each.number for each in recipients]
    outcomes = await sender.push_to(*numbers, package_names=[name], note=name, request_id=name)
    assert outcomes == ["ACCEPTED"] * len(numbers)


async def keep_pushing(sender: Phone, recipients: list[Phone], truth: Truth, chance: random.Random) -> None:
    """Pushes one app after the other; some of those that went are revoked, whether or not they have been delivered."""
    accepted = truth.accepted[sender.number]
    while truth.count() < PUSHES:
        name = f"org.soak.from{sender.number[1:]}.n{len(accepted)}"
        await push(sender, name, recipients)
        accepted.append(name)
        if chance.randrange(REVOKED_ONE_IN) == 0:
            truth.revoking.add(name)
            await set_audience(sender, name, share_pb2.AUDIENCE_KIND_NOBODY)
            truth.revoked[name] = time.monotonic_ns()


async def keep_killing(
    server: ServerProcess, recipients: list[RecipientProcess], truth: Truth, chance: random.Random
) -> None:
    """Kills one process after the other, each when some more pushes have gone through."""
    killed_at = 0
    for victim in cycle(VICTIMS):
        wait_for = killed_at + chance.randint(*BETWEEN_KILLS)
        while (killed_at := truth.count()) < wait_for:  # noqa: ASYNC110 - a push that is accepted wakes nobody
            await asyncio.sleep(0.01)
        if victim == "recipient":
            chance.choice(recipients).kill_and_restart()
        else:
            await asyncio.to_thread(server.kill_child, victim)


async def until_drained(recipients: list[RecipientProcess]) -> None:
    """Waits until nothing can be delivered any more."""
    for recipient in recipients:
        while await recipient.phone.events():  # noqa: ASYNC110 - another process works
            await asyncio.sleep(0.1)


def check(received: list[Received], truth: Truth) -> None:
    assert {each.kind for each in received} == {"shares_pushed"}
    positions: dict[str, int] = {}
    for each in received:
        assert each.package_names == [each.note]
        # A push that is tried again is one event.
        assert positions.setdefault(each.note, each.position) == each.position
        assert each.opened < truth.revoked.get(each.note, each.opened + 1), "delivered after it was revoked"
    for one, next_one in pairwise(received):
        if one.opened == next_one.opened:
            assert one.position < next_one.position
    for accepted in truth.accepted.values():
        delivered = [note for note in accepted if note in positions]
        assert set(accepted) - set(delivered) <= truth.revoking
        assert [positions[note] for note in delivered] == sorted(positions[note] for note in delivered)
    assert positions.keys() <= {note for notes in truth.accepted.values() for note in notes}


@pytest.mark.timeout(180 + PUSHES)
@pytest.mark.usefixtures("no_call_limits")
async def test_every_accepted_push_arrives_whoever_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for limit in ("PUSHES_PER_DAY", "WAITING_PER_SENDER", "INBOX_EVENTS"):
        monkeypatch.setenv(f"APPSHARE_{limit}", "1000000")
    chance, truth = random.Random(11), Truth()  # noqa: S311 - chooses when to kill, not a secret
    with running_server_process(tmp_path / "data", tmp_path / "server.log") as server:
        async with open_channel(server.devices) as channel:
            senders = [await register(server, channel) for _ in range(SENDERS)]
            phones = [await register(server, channel) for _ in range(RECIPIENTS)]
            await befriend(senders, phones)
            (tmp_path / "received").mkdir()
            with running_recipients(phones, server.devices, tmp_path / "received") as recipients:
                killing = asyncio.create_task(keep_killing(server, recipients, truth, chance))
                await asyncio.gather(*(keep_pushing(each, phones, truth, chance) for each in senders))
                killing.cancel()
                await asyncio.wait([killing])
                assert killing.cancelled()
                await until_drained(recipients)
            assert truth.revoked
            for recipient in recipients:
                check(recipient.received(), truth)
