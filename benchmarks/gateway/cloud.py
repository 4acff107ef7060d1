"""A real cloud with a viewer, friends of it, apps that they share and packages of these."""

import hashlib
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
from demo.server_process import ServerProcess, running_server_process

from appshare.rpc.call import Callee
from appshare.v1 import app_pb2, catalogue_pb2, device_gateway_pb2_grpc, fit_pb2, friendship_pb2, share_pb2
from appshare.v1 import device_gateway_pb2 as pb
from appshare.v1 import operator_gateway_pb2 as operator_pb
from appshare.v1.device_pb2 import PLATFORM_ANDROID
from appshare.v1.operator_gateway_pb2_grpc import CatalogueServiceStub
from benchmarks.served import Served
from benchmarks.storage import POSTGRESQL, Storage

FRIENDS = 20
APPS = 20
PACKAGE = "org.appshare.sample.chat"

_PACKAGES = Path(__file__).parents[2] / "tests" / "packages"
_GATEWAY = Callee("the gateway")
_LIMITS = (
    "CALLS_PER_DEVICE",
    "COSTLY_CALLS_PER_DEVICE",
    "CALLS_PER_NUMBER",
    "COSTLY_CALLS_PER_NUMBER",
    "CALLS_PER_PEER",
    "OPEN_CALLS_PER_PEER",
)
_SETTINGS = {**{f"APPSHARE_{name}": str(10**9) for name in _LIMITS}, "APPSHARE_STREAMS_PER_DEVICE": "1000"}
"""The limits count, and refuse nobody."""
_OWN_CONNECTION = [("grpc.use_local_subchannel_pool", 1)]
"""Else channels of one process to one address share it."""


@dataclass(frozen=True)
class Phone:
    """A registered device."""

    number: str
    device_id: str
    metadata: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Cloud:
    """A running cloud.

    Attributes:
        channels: a connection to the gateway each.
        processes: of the cloud by name; `postgresql` among them where there is one.
        owner: a friend of the viewer who shares `APPS` apps, `PACKAGE` among them.
    """

    channels: Sequence[grpc.aio.Channel]
    processes: dict[str, Served]
    viewer: Phone
    owner: Phone


@asynccontextmanager
async def real_cloud(
    storage: Storage, *, connections: int = 1, settings: Mapping[str, str] | None = None
) -> AsyncIterator[Cloud]:
    """Starts the four processes and fills them through the gateway.

    Args:
        storage: where they keep their data; empty.
        connections: to the gateway.
        settings: more of them, by their variables.
    """
    environment = {**_SETTINGS, **storage.environment, **(settings or {})}
    with running_server_process(storage.data, storage.folder / "log", environment) as server:
        async with AsyncExitStack() as stack:
            channels = [
                await stack.enter_async_context(grpc.aio.insecure_channel(server.devices, options=_OWN_CONNECTION))
                for _ in range(connections)
            ]
            viewer, owner = await _filled(server, channels[0])
            await storage.settle()
            processes = {name: Served("", process_id) for name, process_id in server.children().items()}
            if storage.database:
                processes[POSTGRESQL] = storage.database
            yield Cloud(channels, processes, viewer, owner)


async def _filled(server: ServerProcess, channel: grpc.aio.Channel) -> tuple[Phone, Phone]:
    """A viewer, and the friend of it who shares apps."""
    viewer, *friends = [await _register(server, channel, f"+86138000{index:05}") for index in range(FRIENDS + 1)]
    await _sync(channel, viewer, [each.number for each in friends])
    for friend in friends:
        await _sync(channel, friend, [viewer.number])
    await _share(channel, friends[0])
    await _add_packages(server)
    return viewer, friends[0]


async def _register(server: ServerProcess, channel: grpc.aio.Channel, number: str) -> Phone:
    account = device_gateway_pb2_grpc.AccountServiceStub(channel)
    started = await _GATEWAY.unary(account.Register, pb.RegisterRequest(number=number))
    verify = pb.VerifyNumberRequest(registration_id=started.registration_id, code=server.code(started.registration_id))
    session = (await _GATEWAY.unary(account.VerifyNumber, verify)).session
    return Phone(number, session.device_id, (("authorization", f"Bearer {session.access_token}"),))


async def _sync(channel: grpc.aio.Channel, phone: Phone, numbers: list[str]) -> None:
    contacts = [friendship_pb2.Contact(contact_id=index, numbers=[each]) for index, each in enumerate(numbers, 1)]
    request = pb.SyncContactsRequest(full=friendship_pb2.ContactBook(contacts=contacts))
    friends = device_gateway_pb2_grpc.FriendServiceStub(channel)
    await _GATEWAY.unary(friends.SyncContacts, request, metadata=phone.metadata)


async def _share(channel: grpc.aio.Channel, phone: Phone) -> None:
    sharing = device_gateway_pb2_grpc.SharingServiceStub(channel)
    names = [PACKAGE, *(f"org.example.app{index:05}" for index in range(1, APPS))]
    apps = [
        app_pb2.App(platform=PLATFORM_ANDROID, package_name=name, label="An app", version_name="3.0", version_code=3)
        for name in names
    ]
    publish = pb.PublishAppsRequest(full=share_pb2.Inventory(apps=apps))
    await _GATEWAY.unary(sharing.PublishApps, publish, metadata=phone.metadata)
    audience = share_pb2.Audience(kind=share_pb2.AUDIENCE_KIND_FRIENDS)
    changes = [share_pb2.AudienceChange(package_name=name, audience=audience) for name in names]
    await _GATEWAY.unary(sharing.SetAudiences, pb.SetAudiencesRequest(changes=changes), metadata=phone.metadata)


async def _add_packages(server: ServerProcess) -> None:
    token = (server.data / "gateway" / "operator.token").read_text(encoding="utf-8").strip()
    async with grpc.aio.insecure_channel(server.operators) as channel:
        catalogue: Any = CatalogueServiceStub(channel)
        for path in sorted(_PACKAGES.glob("chat-3.0-*.apk")):
            metadata = (("authorization", f"Bearer {token}"),)
            await _GATEWAY.upload(catalogue.AddPackage, _upload(path.name, path.read_bytes()), metadata=metadata)


async def _upload(name: str, content: bytes) -> AsyncIterator[operator_pb.AddPackageRequest]:
    file = catalogue_pb2.UploadFile(name=name, size=len(content), sha256=hashlib.sha256(content).hexdigest())
    yield operator_pb.AddPackageRequest(header=catalogue_pb2.UploadHeader(files=[file]))
    yield operator_pb.AddPackageRequest(chunk=fit_pb2.FileChunk(data=content))
