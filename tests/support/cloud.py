"""A whole cloud inside the test's process: the four real servers on free ports of this machine."""

import hashlib
import itertools
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import structlog
from structlog.testing import LogCapture

from appshare.app_download.__main__ import running as running_download
from appshare.app_download.settings import DownloadSettings
from appshare.gateway.__main__ import running as running_gateway
from appshare.gateway.settings import GatewaySettings
from appshare.relation_radar.__main__ import running as running_radar
from appshare.relation_radar.settings import RadarSettings
from appshare.rpc.address import Address
from appshare.rpc.call import Callee
from appshare.share_registry.__main__ import running as running_registry
from appshare.share_registry.settings import RegistrySettings
from appshare.v1 import app_pb2, catalogue_pb2, device_gateway_pb2_grpc, fit_pb2, friendship_pb2, share_pb2
from appshare.v1 import device_gateway_pb2 as pb
from appshare.v1 import operator_gateway_pb2 as operator_pb
from appshare.v1.device_pb2 import PLATFORM_ANDROID, DeviceProfile, Resolution
from appshare.v1.operator_gateway_pb2_grpc import CatalogueServiceStub

GATEWAY = Callee("the gateway")
FREE = Address("127.0.0.1", 0)

ANDROID_14 = DeviceProfile(
    platform=PLATFORM_ANDROID,
    os_version="14",
    supported_abis=["arm64-v8a", "armeabi-v7a"],
    screen_density=420,
    resolution=Resolution(width=1080, height=2400),
    device_features=["android.hardware.location"],
)

_subscribers = itertools.count(13_800_000_000)


def new_number() -> str:
    """A Chinese mobile number that no other test uses."""
    return f"+86{next(_subscribers)}"


def audience(kind: "share_pb2.AudienceKind.ValueType", *selected: str) -> share_pb2.Audience:
    return share_pb2.Audience(kind=kind, selected_device_ids=selected)


def app(package_name: str, version: int = 1) -> app_pb2.App:
    return app_pb2.App(
        platform=PLATFORM_ANDROID,
        package_name=package_name,
        label=package_name.rpartition(".")[2].capitalize(),
        version_name=f"{version}.0",
        version_code=version,
    )


def person(number: str) -> friendship_pb2.PersonRef:
    return friendship_pb2.PersonRef(number=number)


@dataclass
class Device:
    """A registered device and what it can call; every call carries its token."""

    number: str
    session: pb.Session
    channel: grpc.aio.Channel

    def __post_init__(self) -> None:
        self.account = device_gateway_pb2_grpc.AccountServiceStub(self.channel)
        self.friends = device_gateway_pb2_grpc.FriendServiceStub(self.channel)
        self.sharing = device_gateway_pb2_grpc.SharingServiceStub(self.channel)
        self.inbox = device_gateway_pb2_grpc.InboxServiceStub(self.channel)
        self.downloads = device_gateway_pb2_grpc.DownloadServiceStub(self.channel)

    @property
    def metadata(self) -> Sequence[tuple[str, str]]:
        return (("authorization", f"Bearer {self.session.access_token}"),)

    async def call(self, method: Any, request: Any) -> Any:
        return await GATEWAY.unary(method, request, metadata=self.metadata)

    async def sync(self, *numbers: str) -> pb.SyncContactsResponse:
        """Syncs a whole book with one contact per number."""
        contacts = [friendship_pb2.Contact(contact_id=index, numbers=[each]) for index, each in enumerate(numbers, 1)]
        request = pb.SyncContactsRequest(full=friendship_pb2.ContactBook(contacts=contacts))
        response: pb.SyncContactsResponse = await self.call(self.friends.SyncContacts, request)
        return response

    async def share(self, **audiences: "share_pb2.AudienceKind.ValueType") -> None:
        """Publishes apps `org.appshare.sample.<name>`, each with its audience."""
        names = {name: f"org.appshare.sample.{name}" for name in audiences}
        inventory = share_pb2.Inventory(apps=[app(name) for name in names.values()])
        await self.call(self.sharing.PublishApps, pb.PublishAppsRequest(full=inventory))
        changes = [
            share_pb2.AudienceChange(package_name=names[name], audience=audience(kind))
            for name, kind in audiences.items()
        ]
        await self.call(self.sharing.SetAudiences, pb.SetAudiencesRequest(changes=changes))

    async def shares_of(self, owner: friendship_pb2.PersonRef) -> list[str]:
        """The last parts of the names of the apps that the owner shares with this device."""
        listed = await self.call(self.sharing.ListShares, pb.ListSharesRequest(owner=owner))
        return [share.app.package_name.rpartition(".")[2] for share in listed.shares]

    async def push_to(self, *recipients: str, **more: Any) -> list[str]:
        """Pushes to people by number; returns the names of the outcomes."""
        request = pb.PushSharesRequest(recipients=[person(each) for each in recipients], **more)
        pushed = await self.call(self.sharing.PushShares, request)
        return [share_pb2.PushOutcome.Name(outcome).removeprefix("PUSH_OUTCOME_") for outcome in pushed.outcomes]

    async def accept_pushes(self, policy: "share_pb2.PushPolicy.ValueType", *selected: str) -> None:
        preference = share_pb2.PushPreference(policy=policy, selected_device_ids=selected)
        await self.call(self.sharing.SetPushPreference, pb.SetPushPreferenceRequest(preference=preference))

    async def events(self) -> list[Any]:
        listed = await self.call(self.inbox.ListEvents, pb.ListEventsRequest())
        return list(listed.events)

    async def download(
        self, owner: str, package_name: str, profile: DeviceProfile = ANDROID_14
    ) -> tuple[fit_pb2.FitAnswer, bytes]:
        request = pb.DownloadAppRequest(owner=person(owner), package_name=package_name, profile=profile)
        answer, content = fit_pb2.FitAnswer(), b""
        async for message in GATEWAY.stream(self.downloads.DownloadApp, request, metadata=self.metadata):
            if message.HasField("answer"):
                answer = message.answer
            content += message.chunk.data
        return answer, content


@dataclass
class Cloud:
    """The running cloud."""

    devices: Address
    operators: Address
    data: Path
    channel: grpc.aio.Channel
    operator_channel: grpc.aio.Channel
    logs: LogCapture
    services: dict[str, Address]
    stacks: dict[str, AsyncExitStack]

    async def stop(self, service: str) -> None:
        """Stops one of the services behind the gateway."""
        await self.stacks[service].aclose()

    async def register(self, number: str | None = None) -> Device:
        number = number or new_number()
        accounts = device_gateway_pb2_grpc.AccountServiceStub(self.channel)
        started = await GATEWAY.unary(accounts.Register, pb.RegisterRequest(number=number))
        verified = await GATEWAY.unary(
            accounts.VerifyNumber,
            pb.VerifyNumberRequest(registration_id=started.registration_id, code=self.code(started.registration_id)),
        )
        return Device(number, verified.session, self.channel)

    def code(self, registration_id: str) -> str:
        """The one-time code that the console sender wrote to the log."""
        [code] = [str(entry["code"]) for entry in self.logs.entries if entry.get("registration_id") == registration_id]
        return code

    async def friends(self) -> tuple[Device, Device]:
        """Two devices that list each other."""
        one, other = await self.register(), await self.register()
        await one.sync(other.number)
        await other.sync(one.number)
        return one, other

    @property
    def catalogue(self) -> CatalogueServiceStub:
        return CatalogueServiceStub(self.operator_channel)

    @property
    def operator_metadata(self) -> Sequence[tuple[str, str]]:
        token = (self.data / "gateway" / "operator.token").read_text(encoding="utf-8").strip()
        return (("authorization", f"Bearer {token}"),)

    async def add_packages(self, folder: Path, pattern: str) -> None:
        for path in sorted(folder.glob(pattern)):
            request = _upload(path.name, path.read_bytes())
            await GATEWAY.upload(self.catalogue.AddPackage, request, metadata=self.operator_metadata)


async def _upload(name: str, content: bytes) -> AsyncIterator[operator_pb.AddPackageRequest]:
    file = catalogue_pb2.UploadFile(name=name, size=len(content), sha256=hashlib.sha256(content).hexdigest())
    yield operator_pb.AddPackageRequest(header=catalogue_pb2.UploadHeader(files=[file]))
    yield operator_pb.AddPackageRequest(chunk=fit_pb2.FileChunk(data=content))


@asynccontextmanager
async def running_cloud(
    data: Path,
    *,
    every: Mapping[str, Any] | None = None,
    gateway: Mapping[str, Any] | None = None,
    registry: Mapping[str, Any] | None = None,
    **radar: Any,
) -> AsyncIterator[Cloud]:
    """Runs a cloud with its data in a folder.

    Args:
        every: settings of every process.
        gateway: settings of the gateway.
        registry: settings of ShareRegistry.
        radar: settings of RelationRadar.
    """
    every = {"log_level": "debug"} | dict(every or {})  # everything that a process may tell is looked at
    logs = LogCapture()
    structlog.configure(processors=[structlog.contextvars.merge_contextvars, logs])
    async with AsyncExitStack() as stack:
        services = {
            "relation_radar": running_radar(RadarSettings(data=data, listen=FREE, **every, **radar)),
            "share_registry": running_registry(RegistrySettings(data=data, listen=FREE, **every, **(registry or {}))),
            "app_download": running_download(DownloadSettings(data=data, listen=FREE, **every)),
        }
        stacks = {name: await stack.enter_async_context(AsyncExitStack()) for name in services}
        behind = {
            name: (await stacks[name].enter_async_context(service))["listen"] for name, service in services.items()
        }
        settings = GatewaySettings(data=data, listen=FREE, operator_listen=FREE, **behind, **every, **(gateway or {}))
        addresses = await stack.enter_async_context(running_gateway(settings))
        devices, operators = addresses["listen"], addresses["operator_listen"]
        channel = await stack.enter_async_context(grpc.aio.insecure_channel(str(devices)))
        operator_channel = await stack.enter_async_context(grpc.aio.insecure_channel(str(operators)))
        yield Cloud(devices, operators, data, channel, operator_channel, logs, behind, stacks)
    structlog.reset_defaults()
