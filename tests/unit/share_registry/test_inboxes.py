import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from appshare import errors
from appshare.share_registry.inboxes import Inboxes
from appshare.share_registry.model import (
    Audience,
    AudienceKind,
    Heartbeat,
    InboxEvent,
    InboxGap,
    InboxLimits,
    Level,
    Push,
    RelatedDevice,
)
from appshare.share_registry.pushes import Pushes, PushLimits
from appshare.share_registry.registry import Registry

NOBODY = Audience(AudienceKind.NOBODY)
FRIENDS = Audience(AudienceKind.FRIENDS)
VIEWER = RelatedDevice("viewer", Level.LIKELY)

# What the world of these tests is set to.
INBOX_LIMITS = InboxLimits(events=150, per_sender=130)
MAX_AGE = 1_000_000.0


@pytest.fixture
async def inbox(world: Any) -> Any:
    """A world in which the owner's pushes of org.a and org.b reach the viewer."""
    await world.share("owner", ["org.a", "org.b"], AudienceKind.FRIENDS)
    await world.accept_pushes("viewer")
    return world


async def next_event(stream: Any) -> InboxEvent:
    while isinstance(item := await anext(stream), Heartbeat):
        pass
    return item


async def notes(world: Any, after: int = 0, limit: int = 100) -> list[str]:
    events, _head = await world.inboxes.read("viewer", after, limit)
    return [event.content.note for event in events]


async def test_an_inbox_that_never_had_an_event_is_empty(world: Any) -> None:
    assert await world.inboxes.read("viewer", 0, 10) == ((), 0)
    await world.inboxes.acknowledge("viewer", 0)


async def test_pages_follow_one_another(inbox: Any) -> None:
    for note in "abcde":
        await inbox.send(note)
    assert await notes(inbox, 0, 2) == ["a", "b"]
    assert await notes(inbox, 2, 2) == ["c", "d"]
    assert await notes(inbox, 4, 2) == ["e"]
    assert await notes(inbox, 5, 2) == []


async def test_acknowledged_events_are_gone_and_positions_go_on(inbox: Any) -> None:
    for note in "abc":
        await inbox.send(note)
    await inbox.inboxes.acknowledge("viewer", 3)
    assert await inbox.inboxes.read("viewer", 0, 10) == ((), 3)
    await inbox.send("d")
    events, head = await inbox.inboxes.read("viewer", 0, 10)
    assert ([event.position for event in events], head) == ([4], 4)


async def test_acknowledging_less_than_before_changes_nothing(inbox: Any) -> None:
    for note in "abc":
        await inbox.send(note)
    for through in (2, 1, 0, 2):
        await inbox.inboxes.acknowledge("viewer", through)
        assert await notes(inbox) == ["c"]


@pytest.mark.parametrize("through", [2, 2**63, 2**64 - 1])
async def test_an_acknowledgement_of_the_future_is_refused(inbox: Any, through: int) -> None:
    await inbox.push("viewer", note="a")
    with pytest.raises(errors.OutOfRangeError) as refused:
        await inbox.inboxes.acknowledge("viewer", through)
    assert refused.value.reason is errors.Reason.POSITION_AHEAD
    assert await notes(inbox) == ["a"]


async def test_a_device_acknowledges_for_itself_alone(inbox: Any) -> None:
    await inbox.accept_pushes("other")
    await inbox.push("viewer", "other", note="a")
    await inbox.inboxes.acknowledge("other", 1)
    assert await notes(inbox) == ["a"]


async def test_what_is_taken_back_is_not_delivered(inbox: Any) -> None:
    await inbox.push("viewer", note="both")
    await inbox.push("viewer", package_names=["org.a"], note="only a")
    await inbox.registry.change_audiences("owner", {"org.a": NOBODY})
    [event], head = await inbox.inboxes.read("viewer", 0, 10)
    assert [share.app.package_name for share in event.content.shares] == ["org.b"]
    assert head == 2
    await inbox.inboxes.acknowledge("viewer", head)


async def test_what_is_shared_after_the_push_of_the_whole_list_is_in_it(inbox: Any) -> None:
    await inbox.push("viewer")
    await inbox.share("owner", ["org.c"], AudienceKind.FRIENDS)
    [event], _head = await inbox.inboxes.read("viewer", 0, 10)
    assert [share.app.package_name for share in event.content.shares] == ["org.a", "org.b", "org.c"]


async def test_events_that_are_taken_back_do_not_hide_those_behind_them(inbox: Any) -> None:
    for note in "12345":
        await inbox.send(note)
    await inbox.push("viewer", note="here")
    for note in "12345":
        await inbox.registry.change_audiences(f"sender-{note}", {"org.sent": NOBODY})
    assert await notes(inbox, limit=2) == ["here"]


async def test_a_removed_app_is_not_delivered(inbox: Any) -> None:
    await inbox.push("viewer", package_names=["org.a"])
    await inbox.registry.change_inventory("owner", [], ["org.a"])
    assert await notes(inbox) == []


async def test_a_stream_begins_with_a_heartbeat_and_then_what_waits(inbox: Any) -> None:
    for note in "abc":
        await inbox.send(note)
    await inbox.inboxes.acknowledge("viewer", 1)
    stream = inbox.inboxes.stream("viewer")
    assert await anext(stream) == Heartbeat(3)
    assert [(await anext(stream)).content.note, (await anext(stream)).content.note] == ["b", "c"]
    await stream.aclose()


async def test_a_stream_delivers_more_than_a_page_in_order(inbox: Any) -> None:
    expected = [str(number) for number in range(120)]
    for note in expected:
        await inbox.send(note)
    stream = inbox.inboxes.stream("viewer")
    assert [(await next_event(stream)).content.note for _ in expected] == expected
    await stream.aclose()


async def test_an_idle_stream_carries_heartbeats(inbox: Any) -> None:
    stream = inbox.inboxes.stream("viewer")
    assert [await anext(stream) for _ in range(3)] == [Heartbeat(0)] * 3
    await inbox.push("viewer")
    assert (await next_event(stream)).position == 1
    assert await anext(stream) == Heartbeat(1)
    await stream.aclose()


async def test_every_stream_of_a_device_gets_every_event(inbox: Any) -> None:
    streams = [inbox.inboxes.stream("viewer") for _ in range(3)]
    for stream in streams:
        assert await anext(stream) == Heartbeat(0)
    received = [asyncio.ensure_future(next_event(stream)) for stream in streams]
    await inbox.push("viewer", note="live")
    assert [event.content.note for event in await asyncio.gather(*received)] == ["live"] * 3
    for stream in streams:
        await stream.aclose()


async def test_what_is_taken_back_while_a_slow_reader_reads_is_not_delivered(inbox: Any) -> None:
    await inbox.push("viewer", note="first")
    await inbox.push("viewer", package_names=["org.a"], note="gone")
    await inbox.push("viewer", package_names=["org.b"], note="last")
    stream = inbox.inboxes.stream("viewer")
    assert (await next_event(stream)).content.note == "first"
    await inbox.registry.change_audiences("owner", {"org.a": NOBODY})
    assert (await next_event(stream)).content.note == "last"
    await stream.aclose()


async def test_a_new_stream_gets_what_is_not_acknowledged_again(inbox: Any) -> None:
    await inbox.push("viewer", note="a")
    for _ in range(2):
        stream = inbox.inboxes.stream("viewer")
        assert (await next_event(stream)).content.note == "a"
        await stream.aclose()


async def test_a_stream_that_ends_leaves_nothing_behind(inbox: Any) -> None:
    first, second = inbox.inboxes.stream("viewer"), inbox.inboxes.stream("viewer")
    await anext(first)
    await anext(second)
    assert len(inbox.signals._listeners["viewer"]) == 2
    await first.aclose()
    waiting = asyncio.ensure_future(anext(second))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.wait([waiting])
    assert inbox.signals._listeners == {}


async def test_what_is_withdrawn_while_a_slow_reader_reads_is_not_delivered(inbox: Any) -> None:
    await inbox.send("first")
    withdrawn = (await inbox.pushes.deliver(Push("owner", frozenset(), ""), [VIEWER], "")).push_id
    await inbox.send("last")
    stream = inbox.inboxes.stream("viewer")
    assert (await next_event(stream)).content.note == "first"
    await inbox.pushes.withdraw("owner", withdrawn)
    assert (await next_event(stream)).content.note == "last"
    await stream.aclose()


async def test_what_one_stream_acknowledges_no_other_delivers(inbox: Any) -> None:
    for note in "abc":
        await inbox.send(note)
    one, other = inbox.inboxes.stream("viewer"), inbox.inboxes.stream("viewer")
    assert (await next_event(one)).content.note == "a"
    assert [(await next_event(other)).content.note for _ in "ab"] == ["a", "b"]
    await inbox.inboxes.acknowledge("viewer", 2)
    assert (await next_event(one)).content.note == "c"
    await one.aclose()
    await other.aclose()


async def test_the_streams_of_a_deleted_device_end(inbox: Any) -> None:
    await inbox.send("a")
    await inbox.send("b")
    idle, reading, other = (inbox.inboxes.stream(device_id) for device_id in ("viewer", "viewer", "other"))
    assert [(await next_event(idle)).content.note for _ in "ab"] == ["a", "b"]
    ending = asyncio.ensure_future(next_event(idle))
    assert (await next_event(reading)).content.note == "a"
    await anext(other)
    await inbox.deletions.delete(["viewer"])
    for ended in (ending, next_event(reading)):
        with pytest.raises(errors.NotFoundError) as refused:
            await ended
        assert refused.value.reason is errors.Reason.DEVICE_NOT_FOUND
    assert await anext(other) == Heartbeat(0)
    await other.aclose()


async def test_an_idle_stream_does_not_ask_the_store(inbox: Any) -> None:
    await inbox.send("a")
    await inbox.inboxes.acknowledge("viewer", 1)
    asked: list[str] = []
    inboxes = Inboxes(Watched(inbox.store, asked), inbox.signals, lambda: inbox.now, heartbeat=0.001, max_age=60)
    stream = inboxes.stream("viewer")
    assert await anext(stream) == Heartbeat(1)
    assert await anext(stream) == Heartbeat(1)
    assert asked == ["head", "inbox_page"]
    assert [await anext(stream) for _ in range(5)] == [Heartbeat(1)] * 5
    assert asked == ["head", "inbox_page"]
    await stream.aclose()


class Watched:
    """A store of which it is written down what is asked."""

    def __init__(self, store: Any, asked: list[str]) -> None:
        self._store = store
        self._asked = asked

    def __getattr__(self, name: str) -> Any:
        self._asked.append(name)
        return getattr(self._store, name)


class CancelledAfterwards:
    """A store whose changes become durable although the calls that make them are cancelled."""

    def __init__(self, store: Any) -> None:
        self._store = store

    @asynccontextmanager
    async def change(self, *device_ids: str) -> AsyncIterator[Any]:
        async with self._store.change(*device_ids) as change:
            yield change
        raise asyncio.CancelledError


async def test_what_a_cancelled_call_has_pushed_is_delivered(inbox: Any) -> None:
    stream = inbox.inboxes.stream("viewer")
    assert await anext(stream) == Heartbeat(0)
    assert await anext(stream) == Heartbeat(0)
    pushes = Pushes(CancelledAfterwards(inbox.store), inbox.signals, lambda: inbox.now, PushLimits(), INBOX_LIMITS)
    with pytest.raises(asyncio.CancelledError):
        await pushes.deliver(Push("owner", frozenset(), "cancelled"), [VIEWER], "")
    assert (await next_event(stream)).content.note == "cancelled"
    await stream.aclose()


async def test_what_a_cancelled_call_has_taken_back_is_not_delivered(inbox: Any) -> None:
    for note, names in (("first", []), ("gone", ["org.a"]), ("last", ["org.b"])):
        await inbox.push("viewer", package_names=names, note=note)
    stream = inbox.inboxes.stream("viewer")
    assert (await next_event(stream)).content.note == "first"
    registry = Registry(CancelledAfterwards(inbox.store), inbox.signals, max_apps=5)
    with pytest.raises(asyncio.CancelledError):
        await registry.change_audiences("owner", {"org.a": NOBODY})
    assert (await next_event(stream)).content.note == "last"
    await stream.aclose()


async def gap_and_notes(world: Any, after: int = 0) -> tuple[InboxEvent | None, list[str]]:
    events, _head = await world.inboxes.read("viewer", after, 100)
    gap = events[0] if events and isinstance(events[0].content, InboxGap) else None
    return gap, [event.content.note for event in events[1 if gap else 0 :]]


async def test_what_is_too_old_leaves_a_gap(inbox: Any) -> None:
    for note in "abcd":
        inbox.now += 10
        await inbox.send(note)
    inbox.now = 1_020 + MAX_AGE + 5
    await inbox.inboxes.trim()
    assert await gap_and_notes(inbox) == (InboxEvent(2, inbox.now, InboxGap(2)), ["c", "d"])
    inbox.now += 10
    await inbox.inboxes.trim()
    assert await gap_and_notes(inbox) == (InboxEvent(3, inbox.now, InboxGap(3)), ["d"])


async def test_a_gap_is_acknowledged_like_an_event(inbox: Any) -> None:
    for note in "abc":
        await inbox.send(note)
        inbox.now += 10
    inbox.now = 1_010 + MAX_AGE + 5
    await inbox.inboxes.trim()
    stream = inbox.inboxes.stream("viewer")
    assert [(await next_event(stream)).position for _ in range(2)] == [2, 3]
    await stream.aclose()
    await inbox.inboxes.acknowledge("viewer", 1)
    assert (await gap_and_notes(inbox))[0] is not None
    assert await gap_and_notes(inbox, after=2) == (None, ["c"])
    await inbox.inboxes.acknowledge("viewer", 2)
    assert await gap_and_notes(inbox) == (None, ["c"])
    inbox.now += MAX_AGE
    await inbox.inboxes.trim()
    assert await gap_and_notes(inbox) == (InboxEvent(3, inbox.now, InboxGap(1)), [])


async def test_inboxes_are_trimmed_while_the_process_runs(inbox: Any) -> None:
    await inbox.send("a")
    inbox.now += MAX_AGE + 1
    async with inbox.inboxes.trimming():
        while (await gap_and_notes(inbox))[0] is None:
            pass
    assert await gap_and_notes(inbox) == (InboxEvent(1, inbox.now, InboxGap(1)), [])


async def test_nothing_is_trimmed_before_its_time(inbox: Any) -> None:
    await inbox.send("a")
    inbox.now += MAX_AGE
    await inbox.inboxes.trim()
    assert await gap_and_notes(inbox) == (None, ["a"])


async def test_a_clock_that_goes_back_makes_no_young_event_old(inbox: Any) -> None:
    inbox.now = 2_000_000.0
    await inbox.send("young")
    inbox.now = 1_000.0
    await inbox.send("looks old")
    inbox.now = 2_000_001.0
    await inbox.inboxes.trim()
    assert await gap_and_notes(inbox) == (None, ["young", "looks old"])


async def test_every_inbox_is_trimmed(inbox: Any) -> None:
    viewers = [f"viewer-{number}" for number in range(150)]
    await inbox.accept_pushes(*viewers)
    await inbox.send("a", *viewers)
    inbox.now += MAX_AGE + 1
    await inbox.inboxes.trim()
    for viewer_id in viewers:
        [event], _head = await inbox.inboxes.read(viewer_id, 0, 10)
        assert event.content == InboxGap(1)


async def test_an_inbox_that_is_never_acknowledged_stays_bounded(inbox: Any) -> None:
    inbox.now += 1
    for number in range(INBOX_LIMITS.events + 20):
        await inbox.send(str(number))
    events = []
    while page := (await inbox.inboxes.read("viewer", events[-1].position if events else 0, 60))[0]:
        events += page
    assert events[0] == InboxEvent(20, inbox.now, InboxGap(20))
    assert [event.content.note for event in events[1:]] == [str(number) for number in range(20, 170)]
