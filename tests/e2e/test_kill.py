"""Killing any process at any moment loses nothing that was acknowledged."""

import asyncio
import hashlib
import random
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from demo.server_process import ServerProcess, running_server_process
from tests.support.cloud import GATEWAY, app, new_number, person
from tests.support.phones import Phone, insistently, register

from appshare import errors
from appshare.v1 import catalogue_pb2, fit_pb2, friendship_pb2, share_pb2
from appshare.v1 import device_gateway_pb2 as pb
from appshare.v1 import operator_gateway_pb2 as operator_pb
from appshare.v1.operator_gateway_pb2_grpc import CatalogueServiceStub

ROUNDS = 6
SERVICES = ("relation-radar", "share-registry", "app-download", "gateway")


async def push_notes(sender: Phone, recipient: Phone, acknowledged: list[str], stopped: asyncio.Event) -> None:
    while not stopped.is_set():
        note = f"note {len(acknowledged)}"
        assert await sender.push_to(recipient.number, note=note, request_id=note) == ["ACCEPTED"]
        acknowledged.append(note)


async def publish_apps(owner: Phone, acknowledged: list[str], stopped: asyncio.Event) -> None:
    while not stopped.is_set():
        name = f"org.example.app{len(acknowledged)}"
        delta = share_pb2.InventoryDelta(upserted=[app(name)])
        await owner.call(owner.sharing.PublishApps, pb.PublishAppsRequest(delta=delta))
        acknowledged.append(name)


async def sync_contacts(device: Phone, version: int, acknowledged: list[int], stopped: asyncio.Event) -> None:
    while not stopped.is_set():
        contact = friendship_pb2.Contact(contact_id=1000 + len(acknowledged), numbers=[new_number()])
        delta = friendship_pb2.ContactBookDelta(base_version=version, upserted=[contact])
        try:
            synced = await device.call(device.friends.SyncContacts, pb.SyncContactsRequest(delta=delta))
        except errors.AbortedError as stale:
            # The answer to a sync that was done got lost: the book is one version ahead.
            version = int(stale.metadata["current_version"])
        else:
            version = synced.book_version
            acknowledged.append(version)


async def add_packages(
    channel: grpc.aio.Channel, metadata: Any, samples: Path, acknowledged: list[str], stopped: asyncio.Event
) -> None:
    catalogue = CatalogueServiceStub(channel)
    for path in sorted(samples.glob("*-[123].0*.apk")):
        content = path.read_bytes()
        added = await insistently(
            lambda path=path, content=content: GATEWAY.upload(
                catalogue.AddPackage, upload(path.name, content), metadata=metadata
            )
        )
        acknowledged.append(added.package.package_id)
        if stopped.is_set():
            return


async def upload(name: str, content: bytes) -> AsyncIterator[operator_pb.AddPackageRequest]:
    file = catalogue_pb2.UploadFile(name=name, size=len(content), sha256=hashlib.sha256(content).hexdigest())
    yield operator_pb.AddPackageRequest(header=catalogue_pb2.UploadHeader(files=[file]))
    for offset in range(0, len(content), 4096):
        chunk = fit_pb2.FileChunk(offset=offset, data=content[offset : offset + 4096])
        yield operator_pb.AddPackageRequest(chunk=chunk)


async def kill_in_turn(server: ServerProcess, stopped: asyncio.Event) -> None:
    chance = random.Random(7)  # noqa: S311  # chooses whom to kill, not a secret
    for _round in range(ROUNDS):
        await asyncio.sleep(chance.uniform(0.2, 0.8))
        await asyncio.to_thread(server.kill_child, chance.choice(SERVICES))
    stopped.set()


@pytest.mark.timeout(180)
@pytest.mark.usefixtures("no_call_limits")
async def test_what_was_acknowledged_survives_kill_9(tmp_path: Path, samples: Path) -> None:
    notes: list[str] = []
    names: list[str] = []
    versions: list[int] = []
    packages: list[str] = []
    with running_server_process(tmp_path / "data", tmp_path / "server.log") as server:
        async with grpc.aio.insecure_channel(server.devices) as channel:
            sender, recipient = await register(server, channel), await register(server, channel)
            await sender.sync(recipient.number)
            version = (await recipient.sync(sender.number)).book_version
            await sender.share(chat=share_pb2.AUDIENCE_KIND_FRIENDS)
            await recipient.accept_pushes(share_pb2.PUSH_POLICY_FRIENDS)
            stopped = asyncio.Event()
            token = (server.data / "gateway" / "operator.token").read_text(encoding="utf-8").strip()
            async with grpc.aio.insecure_channel(server.operators) as operators:
                await asyncio.gather(
                    push_notes(sender, recipient, notes, stopped),
                    publish_apps(recipient, names, stopped),
                    sync_contacts(recipient, version, versions, stopped),
                    add_packages(operators, (("authorization", f"Bearer {token}"),), samples, packages, stopped),
                    kill_in_turn(server, stopped),
                )
        server.process.kill()
        server.process.wait()
    with running_server_process(tmp_path / "data", tmp_path / "server.log") as server:
        async with grpc.aio.insecure_channel(server.devices) as channel:
            recipient = Phone(recipient.number, recipient.session, channel)
            sender = Phone(sender.number, sender.session, channel)
            assert notes
            # Each push takes the place of the one before.
            assert [event.shares_pushed.note for event in await all_events(recipient)] == notes[-1:]
            assert names
            assert set(names) <= await all_apps(recipient)
            assert versions
            assert await book_version(recipient) >= versions[-1]
            assert await recipient.shares_of(person(sender.number)) == ["chat"]
        assert packages
        stored = {path.name for path in (server.data / "app-download" / "packages").glob("??/*")}
        assert set(packages) <= stored
        assert not list((server.data / "app-download" / "packages" / "incoming").iterdir())


async def all_events(device: Phone) -> list[Any]:
    events: list[Any] = []
    while True:
        request = pb.ListEventsRequest(page_size=200, after_position=events[-1].position if events else 0)
        page = (await device.call(device.inbox.ListEvents, request)).events
        if not page:
            return events
        events += page


async def all_apps(device: Phone) -> set[str]:
    names: set[str] = set()
    token = ""
    while True:
        page = await device.call(device.sharing.ListMyApps, pb.ListMyAppsRequest(page_size=200, page_token=token))
        names |= {each.app.package_name for each in page.apps}
        if not (token := page.next_page_token):
            return names


async def book_version(device: Phone) -> int:
    """The version that a delta for no version is told."""
    delta = friendship_pb2.ContactBookDelta(base_version=2**62, removed_contact_ids=[1])
    with pytest.raises(errors.AbortedError) as stale:
        await device.call(device.friends.SyncContacts, pb.SyncContactsRequest(delta=delta))
    return int(stale.value.metadata["current_version"])
