"""Changes of friendships: told until they are acknowledged, whatever has caused them."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable

import pytest
from tests.unit.relation_radar.books import contacts_of
from tests.unit.relation_radar.doubles import FakeClock

from appshare import errors
from appshare.relation_radar.blocks import Blocks
from appshare.relation_radar.friendship import FriendshipRule
from appshare.relation_radar.friendship_changes import FriendshipChanges, differences
from appshare.relation_radar.friendship_signals import FriendshipSignals
from appshare.relation_radar.model import DialledNumber, Friend, FriendshipChange, Heartbeat, Level, Rule
from appshare.relation_radar.radar import Radar
from appshare.relation_radar.wakeups import Wakeups
from appshare.sqlite.database import Database

ANN, BOB, CARL, DORA, EVE = (f"+861380013800{digit}" for digit in range(5))

AddDevice = Callable[..., Awaitable[str]]
MakeChanges = Callable[..., FriendshipChanges]
MakeRadar = Callable[..., Radar]
Stream = AsyncGenerator[FriendshipChange | Heartbeat, None]


@pytest.fixture
def radar(make_radar: MakeRadar) -> Radar:
    return make_radar()


@pytest.fixture
def changes(radar: Radar, make_changes: MakeChanges) -> FriendshipChanges:
    return make_changes(radar)


@pytest.fixture
def purge(database: Database, make_signals: Callable[..., FriendshipSignals]) -> Callable[[str], Awaitable[None]]:
    """Deletes a device, as far as friendships are concerned, and says so."""

    async def purge(device_id: str) -> None:
        async with database.transaction() as transaction:
            await transaction.write("DELETE FROM devices WHERE device_id = ?", (device_id,))
        await make_signals().device_changed(device_id)

    return purge


async def told(changes: FriendshipChanges, device_id: str, after: int = 0, limit: int = 100) -> list[tuple[str, Level]]:
    found, _ = await changes.read(device_id, after, limit)
    return [(change.friend.device_id, change.friend.level) for change in found]


async def acknowledge_all(changes: FriendshipChanges, device_id: str) -> None:
    _, head = await changes.read(device_id, 0, 1)
    await changes.acknowledge(device_id, head)


async def next_change(stream: Stream) -> FriendshipChange:
    async with asyncio.timeout(30):
        while isinstance(item := await anext(stream), Heartbeat):
            pass
    return item


async def until_idle(stream: Stream) -> Stream:
    """Goes on until the stream waits: behind the first heartbeat there is another only then."""
    for _ in range(2):
        assert isinstance(await anext(stream), Heartbeat)
    return stream


# Reading


async def test_the_friends_of_a_device_that_has_never_looked_all_begin(
    changes: FriendshipChanges, add_device: AddDevice, clock: FakeClock
) -> None:
    ann = await add_device(ANN, *(f"+86138001390{index:02d}" for index in range(50)))
    friends = {await add_device(f"+86138001390{index:02d}", ANN) for index in range(50)}
    found, head = await changes.read(ann, 0, 100)
    assert {change.friend.device_id for change in found} == friends
    assert {change.friend.level for change in found} == {Level.CONFIRMED}
    assert {change.friend.contact_id for change in found} == set(range(1, 51))
    assert [change.position for change in found] == list(range(1, 51))
    assert {change.change_time for change in found} == {clock.now}
    assert head == 50


async def test_a_device_without_friends_is_told_nothing(changes: FriendshipChanges, add_device: AddDevice) -> None:
    ann = await add_device(ANN)
    assert await changes.read(ann, 0, 10) == ([], 0)
    await changes.acknowledge(ann, 0)


async def test_what_is_acknowledged_is_not_told_again(
    radar: Radar, changes: FriendshipChanges, add_device: AddDevice
) -> None:
    ann, bob, carl = await add_device(ANN, BOB, CARL), await add_device(BOB, ANN), await add_device(CARL)
    assert await told(changes, ann) == [(bob, Level.CONFIRMED)]
    assert await told(changes, ann) == [(bob, Level.CONFIRMED)]
    await acknowledge_all(changes, ann)
    assert await changes.read(ann, 0, 10) == ([], 1)
    await radar.books.replace(carl, contacts_of(ANN))
    await radar.books.replace(bob, contacts_of(EVE))
    found, head = await changes.read(ann, 0, 10)
    assert sorted((each.friend.device_id, each.friend.level) for each in found) == sorted(
        [(carl, Level.CONFIRMED), (bob, Level.NONE)]
    )
    assert ([each.position for each in found], head) == ([2, 3], 3)
    await acknowledge_all(changes, ann)
    assert await told(changes, ann) == []


async def test_another_level_is_a_change(radar: Radar, changes: FriendshipChanges, add_device: AddDevice) -> None:
    ann, bob = await add_device(ANN, EVE), await add_device(BOB, ANN, EVE)
    assert await told(changes, ann) == [(bob, Level.LIKELY)]
    await radar.books.replace(ann, contacts_of(BOB, EVE))
    [change] = (await changes.read(ann, 0, 10))[0]
    assert change.friend == Friend(bob, 1, Level.CONFIRMED)
    assert change.position == 2  # in the place of the one before


async def test_a_later_change_takes_the_place_of_one_that_may_have_been_delivered(
    radar: Radar, changes: FriendshipChanges, add_device: AddDevice
) -> None:
    ann, bob = await add_device(ANN, BOB), await add_device(BOB, ANN)
    [begun] = (await changes.read(ann, 0, 10))[0]
    await radar.books.replace(bob, contacts_of(EVE))
    assert await told(changes, ann) == [(bob, Level.NONE)]
    await changes.acknowledge(ann, begun.position)  # the answer of a device that has not heard of the end yet
    assert await told(changes, ann) == [(bob, Level.NONE)]


async def test_a_book_that_changes_often_leaves_one_change_of_each_friendship(
    radar: Radar, changes: FriendshipChanges, add_device: AddDevice, database: Database
) -> None:
    ann, bob = await add_device(ANN, BOB), await add_device(BOB, ANN)
    for _ in range(5):
        for book in (contacts_of(EVE), contacts_of(ANN)):
            await radar.books.replace(bob, book)
            await changes.read(ann, 0, 10)
    found, head = await changes.read(ann, 0, 10)
    assert [(each.friend.level, each.position) for each in found] == [(Level.CONFIRMED, head)]
    assert len(await database.read("SELECT * FROM friendship_changes")) == 1


async def test_pages_follow_one_another(changes: FriendshipChanges, add_device: AddDevice) -> None:
    ann = await add_device(ANN, BOB, CARL, DORA)
    friends = [await add_device(number, ANN) for number in (BOB, CARL, DORA)]
    first, _ = await changes.read(ann, 0, 2)
    second, _ = await changes.read(ann, first[-1].position, 2)
    assert (len(first), len(second)) == (2, 1)
    assert {each.friend.device_id for each in [*first, *second]} == set(friends)
    assert await told(changes, ann, after=second[-1].position) == []


async def test_acknowledging_less_than_before_changes_nothing(
    changes: FriendshipChanges, add_device: AddDevice
) -> None:
    ann = await add_device(ANN, BOB, CARL)
    for number in (BOB, CARL):
        await add_device(number, ANN)
    await changes.read(ann, 0, 10)
    for through in (1, 0, 1):
        await changes.acknowledge(ann, through)
        assert len(await told(changes, ann)) == 1


@pytest.mark.parametrize("through", [2, 2**63, 2**64 - 1])
async def test_an_acknowledgement_of_the_future_is_refused(
    changes: FriendshipChanges, add_device: AddDevice, through: int
) -> None:
    ann, bob = await add_device(ANN, BOB), await add_device(BOB, ANN)
    await changes.read(ann, 0, 10)
    with pytest.raises(errors.OutOfRangeError) as refused:
        await changes.acknowledge(ann, through)
    assert refused.value.reason is errors.Reason.POSITION_AHEAD
    assert await told(changes, ann) == [(bob, Level.CONFIRMED)]


async def test_a_device_acknowledges_for_itself_alone(changes: FriendshipChanges, add_device: AddDevice) -> None:
    ann, bob = await add_device(ANN, BOB), await add_device(BOB, ANN)
    await acknowledge_all(changes, bob)
    assert await told(changes, ann) == [(bob, Level.CONFIRMED)]


# Causes


async def test_a_block_ends_a_friendship_for_both_and_does_not_say_so(
    changes: FriendshipChanges, add_device: AddDevice, blocks: Blocks
) -> None:
    ann, bob = await add_device(ANN, BOB), await add_device(BOB, EVE, ANN)
    for device in (ann, bob):
        await acknowledge_all(changes, device)
    await blocks.add(ann, DialledNumber(BOB))
    assert await told(changes, ann) == [(bob, Level.NONE)]
    assert await told(changes, bob) == [(ann, Level.NONE)]
    for device in (ann, bob):
        await acknowledge_all(changes, device)
    await blocks.remove(ann, DialledNumber(BOB))
    assert await told(changes, ann) == [(bob, Level.CONFIRMED)]
    assert await told(changes, bob) == [(ann, Level.CONFIRMED)]


async def test_an_end_looks_the_same_whatever_has_caused_it(
    radar: Radar,
    changes: FriendshipChanges,
    add_device: AddDevice,
    blocks: Blocks,
    purge: Callable[[str], Awaitable[None]],
) -> None:
    ann = await add_device(ANN, BOB, CARL, DORA)
    bob, carl, dora = [await add_device(number, ANN) for number in (BOB, CARL, DORA)]
    await acknowledge_all(changes, ann)
    await blocks.add(bob, DialledNumber(ANN))
    await radar.books.replace(carl, contacts_of(EVE))
    await purge(dora)
    found, _ = await changes.read(ann, 0, 10)
    ends = {each.friend.device_id: each.friend for each in found}
    assert ends == {
        device: Friend(device, contact_id, Level.NONE) for contact_id, device in enumerate((bob, carl, dora), start=1)
    }


async def test_a_contact_keeps_its_name_when_the_book_has_another_id_for_it(
    radar: Radar, changes: FriendshipChanges, add_device: AddDevice
) -> None:
    ann, bob = await add_device(ANN, BOB), await add_device(BOB, ANN)
    await acknowledge_all(changes, ann)
    await radar.books.replace(ann, contacts_of(CARL, BOB))
    assert await told(changes, ann) == []
    await radar.books.replace(bob, contacts_of(EVE))
    [change] = (await changes.read(ann, 0, 10))[0]
    assert change.friend == Friend(bob, 2, Level.NONE)


@pytest.mark.parametrize("rule", Rule)
async def test_a_friend_beyond_the_end_of_a_list_is_no_end(
    make_radar: MakeRadar, make_changes: MakeChanges, add_device: AddDevice, rule: Rule
) -> None:
    radar = make_radar(FriendshipRule(rule), max_friends=2)
    changes = make_changes(radar, max_friends=2)
    ann = await add_device(ANN, BOB, CARL, DORA, EVE)
    friends = [await add_device(number, ANN, EVE) for number in (BOB, CARL)]
    assert {device for device, _ in await told(changes, ann)} == set(friends)
    await acknowledge_all(changes, ann)
    # One more than a list holds: whoever it shows, the two are friends still, and nobody else is told.
    more = [await add_device(DORA, ANN, EVE) for _ in range(3)]
    assert (await radar.friends.all(ann))[1]
    assert await told(changes, ann) == []
    await radar.books.replace(friends[0], contacts_of("+8613800139999"))
    [(over, level), (begun, _)] = await told(changes, ann)
    assert (over, level) == (friends[0], Level.NONE)
    assert begun in more


async def test_of_ends_that_are_not_acknowledged_the_newest_are_kept(
    make_radar: MakeRadar, make_changes: MakeChanges, add_device: AddDevice
) -> None:
    radar = make_radar()
    changes = make_changes(radar, max_friends=2)
    ann, ended = await add_device(ANN, BOB, CARL, DORA), []
    for number in (BOB, CARL, DORA):
        friend = await add_device(number, ANN)
        await changes.read(ann, 0, 10)
        await radar.books.replace(friend, contacts_of(EVE))
        await changes.read(ann, 0, 10)
        ended.append(friend)
    assert await told(changes, ann) == [(friend, Level.NONE) for friend in ended[1:]]


def test_there_is_no_difference_between_what_is_known_and_what_is() -> None:
    friends = {"b": Friend("b", 1, Level.LIKELY)}
    assert differences(friends, friends) == []
    assert differences({"b": Friend("b", 1, Level.NONE)}, {}) == []


async def test_two_looks_at_once_tell_each_friendship_once(changes: FriendshipChanges, add_device: AddDevice) -> None:
    ann, bob = await add_device(ANN, BOB), await add_device(BOB, ANN)
    await asyncio.gather(*(changes.read(ann, 0, 10) for _ in range(5)))
    found, head = await changes.read(ann, 0, 10)
    assert ([each.friend.device_id for each in found], head) == ([bob], 1)


# Streams


async def test_a_stream_begins_with_a_heartbeat_and_then_what_waits(
    changes: FriendshipChanges, add_device: AddDevice
) -> None:
    ann, bob = await add_device(ANN, BOB), await add_device(BOB, ANN)
    stream = changes.stream(ann)
    assert await anext(stream) == Heartbeat(1)
    assert (await next_change(stream)).friend == Friend(bob, 1, Level.CONFIRMED)
    await stream.aclose()


async def test_an_idle_stream_carries_heartbeats(changes: FriendshipChanges, add_device: AddDevice) -> None:
    stream = changes.stream(await add_device(ANN))
    assert [await anext(stream) for _ in range(3)] == [Heartbeat(0)] * 3
    await stream.aclose()


async def test_a_stream_delivers_more_than_a_page_in_order(changes: FriendshipChanges, add_device: AddDevice) -> None:
    numbers = [f"+8613800139{index:03d}" for index in range(120)]
    ann = await add_device(ANN, *numbers)
    for number in numbers:
        await add_device(number, ANN)
    stream = changes.stream(ann)
    assert [(await next_change(stream)).position for _ in numbers] == list(range(1, 121))
    await stream.aclose()


async def test_a_new_stream_gets_what_is_not_acknowledged_again(
    changes: FriendshipChanges, add_device: AddDevice
) -> None:
    ann, bob = await add_device(ANN, BOB), await add_device(BOB, ANN)
    for _ in range(2):
        stream = changes.stream(ann)
        assert (await next_change(stream)).friend.device_id == bob
        await stream.aclose()


@pytest.mark.parametrize("rule", Rule)
async def test_a_sync_wakes_the_streams_of_those_who_become_friends_and_of_those_who_are_none_any_more(
    make_radar: MakeRadar, make_changes: MakeChanges, add_device: AddDevice, rule: Rule
) -> None:
    radar = make_radar(FriendshipRule(rule))
    ann, bob = await add_device(ANN, BOB, EVE), await add_device(BOB)
    # It never looks by itself: what it tells it was woken for.
    stream = await until_idle(make_changes(radar).stream(ann))
    await radar.books.replace(bob, contacts_of(ANN, EVE))
    assert (await next_change(stream)).friend == Friend(bob, 1, Level.CONFIRMED)
    await radar.books.change(bob, 1, [], [1, 2])
    assert (await next_change(stream)).friend == Friend(bob, 1, Level.NONE)
    await stream.aclose()


async def test_the_own_sync_wakes_the_own_stream(
    radar: Radar, changes: FriendshipChanges, add_device: AddDevice
) -> None:
    ann, bob = await add_device(ANN, EVE), await add_device(BOB, ANN)
    stream = await until_idle(changes.stream(ann))
    await radar.books.replace(ann, contacts_of(BOB))
    assert (await next_change(stream)).friend == Friend(bob, 1, Level.CONFIRMED)
    await stream.aclose()


async def test_a_block_wakes_the_streams_of_both(
    changes: FriendshipChanges, add_device: AddDevice, blocks: Blocks
) -> None:
    ann, bob = await add_device(ANN, BOB), await add_device(BOB, ANN)
    for device in (ann, bob):
        await acknowledge_all(changes, device)
    streams = [await until_idle(changes.stream(device)) for device in (ann, bob)]
    await blocks.add(ann, DialledNumber(BOB))
    assert [(await next_change(stream)).friend.level for stream in streams] == [Level.NONE] * 2
    await blocks.remove(ann, DialledNumber(BOB))
    assert [(await next_change(stream)).friend.level for stream in streams] == [Level.CONFIRMED] * 2
    for stream in streams:
        await stream.aclose()


async def test_a_deleted_device_ends_its_stream_and_is_told_to_its_friends(
    changes: FriendshipChanges, add_device: AddDevice, purge: Callable[[str], Awaitable[None]]
) -> None:
    ann, bob = await add_device(ANN, BOB), await add_device(BOB, ANN)
    for device in (ann, bob):
        await acknowledge_all(changes, device)
    anns, bobs = [await until_idle(changes.stream(device)) for device in (ann, bob)]
    await purge(bob)
    with pytest.raises(errors.NotFoundError) as ended:
        await next_change(bobs)
    assert ended.value.reason is errors.Reason.DEVICE_NOT_FOUND
    assert (await next_change(anns)).friend == Friend(bob, 1, Level.NONE)
    await anns.aclose()


async def test_a_stream_finds_by_itself_what_it_was_not_woken_for(
    make_radar: MakeRadar, make_changes: MakeChanges, add_device: AddDevice
) -> None:
    radar = make_radar(FriendshipRule(Rule.SHARED_CONTACTS), hub_limit=2)
    ann, bob = await add_device(ANN, DORA, EVE), await add_device(BOB, DORA, EVE)
    stream = make_changes(radar, look=0).stream(ann)
    assert (await next_change(stream)).friend == Friend(bob, 0, Level.LIKELY)
    await add_device(CARL, EVE)  # a third book: Eve is a hub now
    assert (await next_change(stream)).friend == Friend(bob, 0, Level.NONE)
    await stream.aclose()


async def test_what_changes_while_a_stream_looks_is_told(
    radar: Radar, changes: FriendshipChanges, add_device: AddDevice, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann, bob = await add_device(ANN, BOB), await add_device(BOB, ANN)
    friends = radar.friends.all

    async def forgotten_meanwhile(device_id: str) -> tuple[list[Friend], bool]:
        found = await friends(device_id)
        monkeypatch.undo()
        await radar.books.replace(bob, contacts_of(EVE))
        return found

    monkeypatch.setattr(radar.friends, "all", forgotten_meanwhile)
    stream = changes.stream(ann)
    await anext(stream)
    assert (await next_change(stream)).friend.level is Level.NONE
    await stream.aclose()


async def test_a_sync_is_done_although_nobody_can_be_woken(
    radar: Radar, changes: FriendshipChanges, add_device: AddDevice, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann = await add_device(ANN, BOB)
    stream = changes.stream(ann)
    await anext(stream)

    async def broken(*_: object) -> None:
        raise errors.UnavailableError(errors.Reason.STORAGE_UNAVAILABLE, "the disk is gone")

    stored = radar.books._store.replace_book

    async def stored_and_broken(*arguments: object) -> object:
        result = await stored(*arguments)
        monkeypatch.setattr(database, "read", broken)
        return result

    monkeypatch.setattr(radar.books._store, "replace_book", stored_and_broken)
    assert (await radar.books.replace(ann, contacts_of(CARL))).book_version == 2
    monkeypatch.undo()
    await stream.aclose()


async def test_nothing_is_looked_for_when_nobody_watches(
    make_signals: Callable[..., FriendshipSignals], add_device: AddDevice, database: Database, monkeypatch
) -> None:
    ann, signals = await add_device(ANN, BOB), make_signals()

    async def unexpected(*_: object) -> None:
        pytest.fail("the database was read")

    monkeypatch.setattr(database, "read", unexpected)
    await signals.device_changed(ann)
    await signals.numbers_changed([1])


async def test_a_stream_that_ends_leaves_nothing_behind(
    changes: FriendshipChanges, add_device: AddDevice, wakeups: Wakeups
) -> None:
    stream = changes.stream(await add_device(ANN))
    await anext(stream)
    assert wakeups.anybody
    await stream.aclose()
    assert not wakeups.anybody
    assert not changes._turns


@pytest.mark.parametrize(
    "ask",
    [
        lambda changes: anext(changes.stream("nobody")),
        lambda changes: changes.read("nobody", 0, 10),
        lambda changes: changes.acknowledge("nobody", 0),
    ],
)
async def test_a_device_that_is_not_registered_may_not_ask(
    changes: FriendshipChanges, ask: Callable[[FriendshipChanges], Awaitable[object]]
) -> None:
    with pytest.raises(errors.NotFoundError) as caught:
        await ask(changes)
    assert caught.value.reason is errors.Reason.DEVICE_NOT_FOUND


async def test_many_books_that_change_at_once_are_looked_at_once(
    radar: Radar, make_changes: MakeChanges, add_device: AddDevice, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann, friends = await add_device(ANN, BOB, CARL), [await add_device(number) for number in (BOB, CARL)]
    stream = await until_idle(make_changes(radar).stream(ann))
    resting, rest = asyncio.Event(), asyncio.Event()

    async def sleep(_seconds: float) -> None:
        resting.set()
        await rest.wait()

    monkeypatch.setattr(asyncio, "sleep", sleep)
    changed = asyncio.ensure_future(next_change(stream))
    for friend in friends:
        await radar.books.replace(friend, contacts_of(ANN))
        await resting.wait()
    looks: list[str] = []
    look = radar.friends.all

    async def counted(device_id: str) -> tuple[list[Friend], bool]:
        looks.append(device_id)
        return await look(device_id)

    monkeypatch.setattr(radar.friends, "all", counted)
    rest.set()
    assert {(await changed).friend.device_id, (await next_change(stream)).friend.device_id} == set(friends)
    assert len(looks) == 2  # what it found, and that there is no more
    await stream.aclose()
