"""Limits that hold over copies of the gateway, in a real PostgreSQL server."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import asyncpg
import pytest
from tests.support.postgresql_server import PostgresqlServer, missing, running_postgresql

from appshare.gateway import shared_rates
from appshare.gateway.postgresql_rates import PostgresqlRates, open_postgresql_rates
from appshare.gateway.shared_rates import SharedBuckets, SharedRates
from appshare.process.lifetime import in_background

LIMIT, PERIOD = 100, 3600.0
BLOCK = 5
"""Calls that a copy counts before it settles."""
SECRET = b"a secret of thirty-two bytes ...."


@pytest.fixture
async def store(postgresql: PostgresqlServer) -> AsyncIterator[PostgresqlRates]:
    async with open_postgresql_rates(postgresql.url, 2) as store:
        connection = await asyncpg.connect(postgresql.url)
        await connection.execute("TRUNCATE gateway.call_rates, gateway.copies")
        await connection.close()
        yield store


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as stack:
        yield stack


async def copy_of(store: PostgresqlRates, stack: AsyncExitStack) -> tuple[SharedRates, SharedBuckets]:
    rates = SharedRates(store, SECRET)
    await stack.enter_async_context(in_background(rates.run()))
    return rates, rates.buckets("device", LIMIT, PERIOD)


async def settled(*copies: SharedRates) -> None:
    """Waits until nothing is left to settle."""
    while any(copy.is_settling for copy in copies):  # noqa: ASYNC110  # of a database
        await asyncio.sleep(0.005)


async def test_a_limit_holds_over_copies_as_tightly_as_the_blocks_are(
    store: PostgresqlRates, stack: AsyncExitStack
) -> None:
    copies = [await copy_of(store, stack) for _ in range(3)]
    taken = 0
    for _ in range(LIMIT):
        for rates, buckets in copies:
            taken += not buckets.take("device-1")
            await settled(rates)
    assert LIMIT <= taken <= LIMIT + 3 * BLOCK
    assert not copies[0][1].take("device-2")


async def test_what_one_copy_has_used_up_another_refuses_after_its_first_block(
    store: PostgresqlRates, stack: AsyncExitStack
) -> None:
    (one, first), (other, second) = await copy_of(store, stack), await copy_of(store, stack)
    while not first.take("device-1"):
        pass
    await settled(one)
    taken = 0
    while not second.take("device-1"):
        taken += 1
        await settled(other)
    assert taken == BLOCK


async def test_what_is_rare_never_gets_to_the_database(
    store: PostgresqlRates, stack: AsyncExitStack, postgresql: PostgresqlServer
) -> None:
    rates, buckets = await copy_of(store, stack)
    for device in range(1_000):
        for _ in range(BLOCK - 1):
            assert not buckets.take(f"device-{device}")
    await settled(rates)
    connection = await asyncpg.connect(postgresql.url)
    assert await connection.fetchval("SELECT count(*) FROM gateway.call_rates") == 0
    await connection.close()


async def test_the_database_does_not_say_who_has_called(
    store: PostgresqlRates, stack: AsyncExitStack, postgresql: PostgresqlServer
) -> None:
    rates, buckets = await copy_of(store, stack)
    for _ in range(BLOCK):
        buckets.take("192.0.2.7")
    await settled(rates)
    connection = await asyncpg.connect(postgresql.url)
    [row] = await connection.fetch("SELECT * FROM gateway.call_rates")
    await connection.close()
    assert len(row["key"]) == 16
    assert b"192" not in row["key"]


async def test_who_is_full_again_is_removed_and_who_is_away_counts_no_more(
    store: PostgresqlRates, postgresql: PostgresqlServer
) -> None:
    await store.settle([shared_rates.Taken(b"a", 0.0), shared_rates.Taken(b"b", 1000.0)])
    assert await store.tend("one", 60.0) == 1
    assert await store.tend("other", 60.0) == 2
    assert await store.tend("other", 0.0) == 1
    connection = await asyncpg.connect(postgresql.url)
    assert [row["key"] for row in await connection.fetch("SELECT key FROM gateway.call_rates")] == [b"b"]
    await connection.close()


async def test_without_the_database_each_copy_has_its_part_of_the_limit(
    stack: AsyncExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    if reason := missing():
        pytest.skip(reason)
    monkeypatch.setattr(shared_rates, "_TEND_EVERY", 0.02)
    monkeypatch.setattr(shared_rates, "_PAUSE", 0.02)
    with running_postgresql() as server:
        async with open_postgresql_rates(server.url, 2) as store:
            (one, first), (_, second) = await copy_of(store, stack), await copy_of(store, stack)
            while one.copies != 2:  # noqa: ASYNC110  # of a database
                await asyncio.sleep(0.01)
            server.kill()
            while one.weight != 2:  # noqa: ASYNC110  # of a database
                await asyncio.sleep(0.01)
            taken = 0
            while not first.take("device-1"):
                taken += 1
            assert taken == LIMIT // 2
            server.start()
            while one.weight != 1 or one.is_settling:  # noqa: ASYNC110  # of a database
                await asyncio.sleep(0.01)
            # What was counted meanwhile is settled: the other copy gets the rest.
            taken = 0
            while not second.take("device-1"):
                taken += 1
                await asyncio.sleep(0.01)
            assert taken <= LIMIT // 2 + BLOCK
