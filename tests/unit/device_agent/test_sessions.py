import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from tests.unit.device_agent.gateway import Sessions, serving

from appshare import errors
from appshare.device_agent.agent_home import Account, AgentHome
from appshare.device_agent.calls.session import RefreshSession
from appshare.device_agent.client import DeviceClient
from appshare.device_agent.connection import open_client
from appshare.device_agent.model import Heartbeat, PushPolicy, Session
from appshare.v1 import inbox_pb2

STALE = Session("device-1", "access-over", datetime(2026, 1, 1, tzinfo=UTC), "refresh-0")


@pytest.fixture
def sessions() -> Sessions:
    return Sessions()


@pytest.fixture
async def address(sessions: Sessions) -> AsyncIterator[str]:
    async with serving(sessions, "AccountService", "SharingService", "InboxService") as address:
        yield address


@pytest.fixture
def registered(home: AgentHome, address: str) -> AgentHome:
    home.save_account(Account(address, STALE))
    return home


async def test_an_expired_session_is_refreshed_and_the_call_repeated(address: str, sessions: Sessions) -> None:
    async with DeviceClient(address, STALE) as client:
        assert (await client.push_preference()).policy is PushPolicy.FRIENDS
        await client.push_preference()
    assert (sessions.refreshed, sessions.refused) == (1, 1)


async def test_calls_side_by_side_refresh_once(address: str, sessions: Sessions) -> None:
    async with DeviceClient(address, STALE) as client:
        await asyncio.gather(*(client.push_preference() for _ in range(10)))
    assert sessions.refreshed == 1


async def test_a_stream_is_opened_again_with_the_new_session(address: str, sessions: Sessions) -> None:
    sessions.streams = [[inbox_pb2.InboxEvent(position=3)]]
    async with DeviceClient(address, STALE) as client:
        heartbeat, event = [message async for message in client.subscribe()]
    assert heartbeat == Heartbeat(0, 0)
    assert event.position == 3


async def test_the_new_session_is_kept_before_it_is_used(registered: AgentHome, sessions: Sessions) -> None:
    async with open_client(registered) as client:
        await client.push_preference()
    assert registered.account().session.refresh_token.endswith("-1")
    async with open_client(registered) as client:
        await client.push_preference()
    assert (sessions.refreshed, sessions.refused) == (1, 1)


async def test_agents_of_one_home_share_one_refresh(registered: AgentHome, sessions: Sessions) -> None:
    clients = [open_client(AgentHome(registered.folder)) for _ in range(4)]
    await asyncio.gather(*(client.push_preference() for client in clients))
    assert sessions.refreshed == 1
    for client in clients:
        await client.__aexit__(None, None, None)


async def test_a_session_that_is_over_for_good_is_an_error(address: str) -> None:
    async with DeviceClient(address, Session("d", "over", STALE.access_expire_time, "used before")) as client:
        with pytest.raises(errors.UnauthenticatedError, match="register again") as caught:
            await client.push_preference()
    assert caught.value.reason is errors.Reason.INVALID_REFRESH_TOKEN


async def test_a_session_is_refreshed_once_per_call(address: str, sessions: Sessions) -> None:
    async def refresh_in_vain(stale: Session, refresh: RefreshSession) -> Session:
        await refresh("refresh-0")
        return stale

    async with DeviceClient(address, STALE, renew_session=refresh_in_vain) as client:
        with pytest.raises(errors.UnauthenticatedError, match="over"):
            await client.push_preference()
    assert (sessions.refreshed, sessions.refused) == (1, 2)


async def test_without_a_session_the_server_says_what_is_missing(address: str, sessions: Sessions) -> None:
    async with DeviceClient(address) as client:
        with pytest.raises(errors.UnauthenticatedError) as caught:
            await client.push_preference()
    assert caught.value.reason is errors.Reason.MISSING_TOKEN
    assert sessions.refreshed == 0


def test_a_session_does_not_show_its_tokens() -> None:
    assert "refresh-0" not in repr(STALE)
    assert "access-over" not in repr(STALE)
