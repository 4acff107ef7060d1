from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from tests.unit.device_agent.gateway import Sessions, serving

from appshare import errors
from appshare.device_agent.client import DeviceClient
from appshare.device_agent.feed import follow
from appshare.device_agent.model import Session
from appshare.v1.inbox_pb2 import InboxEvent

GONE = errors.UnavailableError(errors.Reason.SERVICE_UNAVAILABLE, "gone")
STOPS = errors.UnavailableError(errors.Reason.SERVICE_STOPPING, "stops")
SESSION = Session("device-1", "access-0", datetime(2026, 1, 1, tzinfo=UTC), "refresh-0")


@pytest.fixture
def sessions() -> Sessions:
    return Sessions()


@pytest.fixture
async def client(sessions: Sessions) -> AsyncIterator[DeviceClient]:
    async with serving(sessions, "AccountService", "InboxService") as address, DeviceClient(address, SESSION) as client:
        yield client


async def positions(client: DeviceClient, told: list[str]) -> list[int]:
    """The positions of all events until the test's server has no more."""
    found = []
    with pytest.raises(errors.PermissionDeniedError, match="no more streams"):
        async for event in follow(client, told.append, first_pause=0):
            found.append(event.position)  # noqa: PERF401  # what came before the error counts
    return found


async def test_events_come_on_over_a_lost_connection(client: DeviceClient, sessions: Sessions) -> None:
    sessions.streams = [[InboxEvent(position=1), GONE], [GONE], [InboxEvent(position=2)]]
    told: list[str] = []
    assert await positions(client, told) == [1, 2]
    assert told == [
        "The connection is lost; connecting again until the server is back.",
        "Connected again.",
        "The connection is lost; connecting again until the server is back.",
        "Connected again.",
    ]


async def test_a_copy_that_stops_hands_over_without_a_word(client: DeviceClient, sessions: Sessions) -> None:
    sessions.streams = [[STOPS], [InboxEvent(position=1), STOPS], [InboxEvent(position=2)]]
    told: list[str] = []
    assert await positions(client, told) == [1, 2]
    assert told == []


async def test_an_event_that_was_not_acknowledged_comes_again(client: DeviceClient, sessions: Sessions) -> None:
    sessions.streams = [[InboxEvent(position=1), GONE], [InboxEvent(position=1), InboxEvent(position=2)]]
    assert await positions(client, []) == [1, 1, 2]


async def test_a_server_that_was_never_there_is_an_error() -> None:
    async with DeviceClient("127.0.0.1:1", SESSION) as client:
        with pytest.raises(errors.UnavailableError):
            await anext(follow(client, print, first_pause=0))
