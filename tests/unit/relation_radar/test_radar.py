"""The radar: books come in, friendships come out."""

from collections.abc import Awaitable, Callable, Sequence

import pytest
from tests.unit.relation_radar.books import contacts_of

from appshare import errors
from appshare.relation_radar.books import SyncResult
from appshare.relation_radar.friendship import FriendshipRule
from appshare.relation_radar.model import (
    Acquaintance,
    Book,
    BookContact,
    Contact,
    Device,
    DialledNumber,
    Friend,
    Level,
    Rule,
)
from appshare.relation_radar.numbers import NumberType
from appshare.relation_radar.radar import Radar
from appshare.relation_radar.store import RadarStore

ANN, BOB, CARL, DORA, EVE = (f"+861380013800{digit}" for digit in range(5))

AddDevice = Callable[..., Awaitable[str]]
MakeRadar = Callable[..., Radar]


@pytest.fixture
def radar(make_radar: MakeRadar) -> Radar:
    return make_radar()


# Books


async def test_a_book_has_a_version_and_counts_its_contacts(radar: Radar, add_device: AddDevice) -> None:
    ann = await add_device(ANN)
    assert await radar.books.replace(ann, contacts_of(BOB, (CARL, DORA))) == SyncResult(1, 2, 0)
    assert await radar.books.replace(ann, contacts_of(BOB)) == SyncResult(2, 1, 0)


async def test_numbers_that_are_no_persons_are_skipped_and_counted(radar: Radar, add_device: AddDevice) -> None:
    ann = await add_device(ANN)
    contacts = contacts_of((BOB, "10086", "no number"), "112", (CARL, "138 0013 8002"))
    # The second contact has no number left, and so is none.
    assert await radar.books.replace(ann, contacts) == SyncResult(1, 2, 3)


async def test_numbers_are_read_in_the_region_of_the_device(radar: Radar, add_device: AddDevice) -> None:
    ann = await add_device("+16502530000", "(650) 253-0001", region="US")
    other = await add_device("+16502530001")
    assert [found.device_id for found in await radar.acquaintances.by_number(ann, "650 253 0001")] == [other]
    assert (await radar.acquaintances.by_contact(ann, 1))[0].device_id == other


async def test_an_empty_book_is_refused_and_the_old_one_stays(radar: Radar, add_device: AddDevice) -> None:
    ann, bob = await add_device(ANN, BOB), await add_device(BOB, ANN)
    with pytest.raises(errors.InvalidArgumentError) as caught:
        await radar.books.replace(ann, [])
    assert caught.value.reason is errors.Reason.EMPTY_CONTACT_BOOK
    assert (await radar.friends.all(ann))[0] == [Friend(bob, 1, Level.CONFIRMED)]


async def test_a_book_that_is_too_large_is_refused(make_radar: MakeRadar, add_device: AddDevice) -> None:
    radar, ann = make_radar(max_contacts=2), await add_device(ANN)
    await radar.books.replace(ann, contacts_of(BOB, CARL))
    for change in (
        radar.books.replace(ann, contacts_of(BOB, CARL, DORA)),
        radar.books.change(ann, 1, [Contact(9, (DORA,))], []),
        radar.books.change(ann, 1, contacts_of(BOB, CARL, DORA), []),
    ):
        with pytest.raises(errors.ResourceExhaustedError) as caught:
            await change
        assert caught.value.reason is errors.Reason.LIMIT_EXCEEDED
        assert caught.value.retry_after is None  # waiting does not help
    assert await radar.books.change(ann, 1, [Contact(9, (DORA,))], [1]) == SyncResult(2, 2, 0)


async def test_the_operator_says_which_numbers_count(make_radar: MakeRadar, add_device: AddDevice) -> None:
    ann, fixed_lines = await add_device(ANN), frozenset({NumberType.FIXED_LINE})
    contacts = contacts_of(BOB, "010-6552 9988")
    assert await make_radar(number_types=fixed_lines).books.replace(ann, contacts) == SyncResult(1, 1, 1)


async def test_too_many_contacts_are_refused_whatever_their_numbers(
    make_radar: MakeRadar, add_device: AddDevice
) -> None:
    radar, ann = make_radar(max_contacts=2), await add_device(ANN)
    for change in (
        radar.books.replace(ann, contacts_of("112", "112", "112")),
        radar.books.change(ann, 0, contacts_of("112", "112", "112"), []),
    ):
        with pytest.raises(errors.ResourceExhaustedError):  # without reading a single number
            await change


async def test_a_change_upserts_and_removes_contacts(radar: Radar, add_device: AddDevice) -> None:
    ann = await add_device(ANN, BOB, CARL)
    bob, carl, dora = [await add_device(number) for number in (BOB, CARL, DORA)]
    assert await radar.books.change(ann, 1, [Contact(1, (DORA,))], [2]) == SyncResult(2, 1, 0)
    assert [found.device_id for found in await radar.acquaintances.by_contact(ann, 1)] == [dora]
    assert await radar.acquaintances.by_contact(ann, 2) == []
    assert {(await radar.acquaintances.by_device(ann, other))[0].contact_id for other in (bob, carl)} == {0}


async def test_a_contact_that_is_changed_and_removed_at_once_is_changed(radar: Radar, add_device: AddDevice) -> None:
    ann, bob = await add_device(ANN, CARL), await add_device(BOB)
    await radar.books.change(ann, 1, [Contact(1, (BOB,))], [1])
    assert [found.device_id for found in await radar.acquaintances.by_contact(ann, 1)] == [bob]


async def test_a_change_may_remove_the_last_contact(radar: Radar, add_device: AddDevice) -> None:
    ann = await add_device(ANN, BOB)
    assert await radar.books.change(ann, 1, [], [1]) == SyncResult(2, 0, 0)


@pytest.mark.parametrize("base_version", [0, 2, 2**64 - 1])
async def test_a_change_for_another_version_is_refused_with_the_current_one(
    radar: Radar, add_device: AddDevice, base_version: int
) -> None:
    ann = await add_device(ANN, BOB)
    with pytest.raises(errors.AbortedError) as caught:
        await radar.books.change(ann, base_version, [Contact(1, (CARL,))], [])
    assert caught.value.reason is errors.Reason.STALE_BOOK_VERSION
    assert caught.value.metadata == {"current_version": "1"}
    await radar.books.change(ann, 1, [Contact(1, (CARL,))], [])


async def test_the_first_book_may_come_as_a_change(radar: Radar, add_device: AddDevice) -> None:
    assert await radar.books.change(await add_device(ANN), 0, contacts_of(BOB), []) == SyncResult(1, 1, 0)


async def test_a_changed_book_changes_friendship_at_once(radar: Radar, add_device: AddDevice) -> None:
    ann, bob = await add_device(ANN, BOB), await add_device(BOB, ANN)
    assert (await radar.acquaintances.by_device(ann, bob))[0].as_viewer is Level.CONFIRMED
    await radar.books.change(bob, 1, [], [1])
    assert (await radar.acquaintances.by_device(ann, bob))[0].as_viewer is Level.NONE
    assert await radar.friends.all(ann) == ([], False)


# Finding


async def test_levels_go_both_ways(radar: Radar, add_device: AddDevice) -> None:
    ann = await add_device(ANN, BOB, CARL, DORA)
    bob = await add_device(BOB, CARL, DORA)
    # Ann lists Bob and both know Carl and Dora: what Ann shares, Bob sees. Bob does not list Ann.
    assert await radar.acquaintances.by_device(ann, bob) == [
        Acquaintance(bob, 1, as_viewer=Level.NONE, as_owner=Level.LIKELY)
    ]
    assert await radar.acquaintances.by_device(bob, ann) == [
        Acquaintance(ann, 0, as_viewer=Level.LIKELY, as_owner=Level.NONE)
    ]


async def test_a_person_is_found_by_number_contact_and_device(radar: Radar, add_device: AddDevice) -> None:
    ann, bob = await add_device(ANN, BOB), await add_device(BOB, ANN)
    expected = [Acquaintance(bob, 1, Level.CONFIRMED, Level.CONFIRMED)]
    assert await radar.acquaintances.by_number(ann, "138-0013-8001") == expected
    assert await radar.acquaintances.by_contact(ann, 1) == expected
    assert await radar.acquaintances.by_device(ann, bob) == expected


async def test_all_devices_of_a_contacts_numbers_are_found(radar: Radar, add_device: AddDevice) -> None:
    bobs = {await add_device(BOB), await add_device(BOB), await add_device(CARL)}
    ann = await add_device(ANN, DORA, (BOB, CARL))
    found = await radar.acquaintances.by_contact(ann, 2)
    assert {each.device_id for each in found} == bobs
    assert {each.contact_id for each in found} == {2}


async def test_of_two_contacts_with_one_number_the_lower_id_is_given(radar: Radar, add_device: AddDevice) -> None:
    ann = await add_device(ANN)
    await radar.books.replace(ann, [Contact(7, (BOB,)), Contact(3, (BOB, CARL))])
    await add_device(BOB)
    assert [found.contact_id for found in await radar.acquaintances.by_number(ann, BOB)] == [3]


async def test_nobody_is_found_where_nobody_is(radar: Radar, add_device: AddDevice) -> None:
    ann = await add_device(ANN, BOB)
    assert await radar.acquaintances.by_number(ann, BOB) == []
    assert await radar.acquaintances.by_number(ann, "10086") == []
    assert await radar.acquaintances.by_contact(ann, 1) == []
    assert await radar.acquaintances.by_contact(ann, 99) == []
    assert await radar.acquaintances.by_device(ann, "nobody") == []


async def test_a_contact_is_the_asking_devices_own(radar: Radar, add_device: AddDevice) -> None:
    await add_device(BOB, CARL)
    await add_device(CARL)
    ann = await add_device(ANN)
    assert await radar.acquaintances.by_contact(ann, 1) == []


async def test_a_device_does_not_find_itself(radar: Radar, add_device: AddDevice) -> None:
    ann = await add_device(ANN, ANN)
    assert await radar.acquaintances.by_number(ann, ANN) == []
    assert await radar.acquaintances.by_contact(ann, 1) == []
    assert await radar.acquaintances.by_device(ann, ann) == []


async def test_the_other_device_of_ones_own_number_is_a_friend(radar: Radar, add_device: AddDevice) -> None:
    phone, tablet = await add_device(ANN), await add_device(ANN)
    assert await radar.friends.all(phone) == ([Friend(tablet, 0, Level.CONFIRMED)], False)
    assert await radar.acquaintances.by_number(phone, ANN) == [
        Acquaintance(tablet, 0, Level.CONFIRMED, Level.CONFIRMED)
    ]


async def test_a_number_that_cannot_be_read_is_named_as_the_requests_field(radar: Radar, add_device: AddDevice) -> None:
    with pytest.raises(errors.InvalidArgumentError) as caught:
        await radar.acquaintances.by_number(await add_device(ANN), "no number")
    assert (caught.value.reason, caught.value.field) == (errors.Reason.INVALID_PHONE_NUMBER, "person.number")


async def test_many_devices_are_found_with_a_part_of_their_books_at_a_time(
    radar: Radar, add_device: AddDevice, store: RadarStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = [f"+86138001390{index:02d}" for index in range(70)]
    ann = await add_device(ANN, tuple(numbers))
    expected = sorted([await add_device(number, ANN) for number in numbers])
    read, books = [], store.books

    async def counted(devices: Sequence[Device]) -> list[Book]:
        read.append(len(devices))
        return await books(devices)

    monkeypatch.setattr(store, "books", counted)
    found = await radar.acquaintances.by_contact(ann, 1)
    assert [each.device_id for each in found] == expected
    assert {each.as_viewer for each in found} == {Level.CONFIRMED}
    assert max(read) == 65  # the own one with each part
    assert await radar.acquaintances.of_people(ann, [BookContact(1), DialledNumber("no number")]) == [found, None]


@pytest.mark.parametrize(
    "ask",
    [
        lambda radar: radar.books.replace("nobody", contacts_of(BOB)),
        lambda radar: radar.books.change("nobody", 0, contacts_of(BOB), []),
        lambda radar: radar.acquaintances.by_number("nobody", BOB),
        lambda radar: radar.acquaintances.by_contact("nobody", 1),
        lambda radar: radar.acquaintances.by_device("nobody", "nobody"),
        lambda radar: radar.acquaintances.of_people("nobody", []),
        lambda radar: radar.friends.all("nobody"),
    ],
)
async def test_a_device_that_is_not_registered_may_not_ask(radar: Radar, ask: Callable[[Radar], Awaitable]) -> None:
    with pytest.raises(errors.NotFoundError) as caught:
        await ask(radar)
    assert caught.value.reason is errors.Reason.DEVICE_NOT_FOUND


# Hubs


@pytest.mark.parametrize(("hub_limit", "level"), [(2, Level.NONE), (3, Level.LIKELY)])
async def test_a_number_in_more_books_than_the_limit_says_nothing(
    make_radar: MakeRadar, add_device: AddDevice, hub_limit: int, level: Level
) -> None:
    pizza = "+861065529988"
    viewer, owner = await add_device(ANN, pizza), await add_device(BOB, ANN, pizza)
    await add_device(CARL, pizza)
    [found] = await make_radar(hub_limit=hub_limit).acquaintances.by_device(viewer, owner)
    assert found.as_viewer is level


async def test_under_the_plain_rule_hubs_say_nothing_also_about_those_who_list_each_other(
    make_radar: MakeRadar, add_device: AddDevice
) -> None:
    ann, bob = await add_device(ANN, BOB, CARL), await add_device(BOB, ANN, CARL)
    plain = FriendshipRule(Rule.SHARED_CONTACTS, 3)
    for hub_limit, level in ((2, Level.CONFIRMED), (1, Level.NONE)):
        radar = make_radar(plain, hub_limit=hub_limit)
        [found] = await radar.acquaintances.by_device(ann, bob)
        assert found.as_viewer is level
        assert [friend.level for friend in (await radar.friends.all(ann))[0]] == (
            [] if level is Level.NONE else [level]
        )


# Lists


async def test_confirmed_friends_come_first_then_it_goes_by_device_id(radar: Radar, add_device: AddDevice) -> None:
    ann = await add_device(ANN, BOB, CARL, "+8613800138009")
    likely = [await add_device(number, ANN, "+8613800138009") for number in (DORA, EVE)]
    confirmed = [await add_device(number, ANN) for number in (BOB, CARL)]
    friends, truncated = await radar.friends.all(ann)
    assert [friend.device_id for friend in friends] == sorted(confirmed) + sorted(likely)
    assert [friend.level for friend in friends] == [Level.CONFIRMED] * 2 + [Level.LIKELY] * 2
    assert not truncated


@pytest.mark.parametrize("rule", [Rule.LISTED, Rule.SHARED_CONTACTS])
async def test_a_list_that_is_too_long_keeps_those_who_list_each_other(
    make_radar: MakeRadar, add_device: AddDevice, rule: Rule
) -> None:
    for number in (CARL, DORA, EVE):
        await add_device(number, ANN, BOB)
    ann, bob = await add_device(ANN, BOB), await add_device(BOB, ANN)
    friends, truncated = await make_radar(FriendshipRule(rule), max_friends=1).friends.all(ann)
    assert friends == [Friend(bob, 1, Level.CONFIRMED)]
    assert truncated


@pytest.mark.parametrize("rule", [Rule.LISTED, Rule.SHARED_CONTACTS])
@pytest.mark.parametrize(("max_friends", "truncated"), [(1, True), (2, False), (3, False)])
async def test_a_list_says_when_there_is_more(
    make_radar: MakeRadar, add_device: AddDevice, rule: Rule, max_friends: int, *, truncated: bool
) -> None:
    # The own card in the own book is nobody's friend and takes nobody's place.
    ann = await add_device(ANN, ANN, BOB, CARL)
    await add_device(BOB, ANN)
    await add_device(CARL, ANN)
    friends, said = await make_radar(FriendshipRule(rule), max_friends=max_friends).friends.all(ann)
    assert said is truncated
    assert len(friends) == min(max_friends, 2)


async def test_who_has_too_little_in_common_takes_nobodys_place(make_radar: MakeRadar, add_device: AddDevice) -> None:
    for number in (CARL, DORA):
        await add_device(number, EVE)
    ann = await add_device(ANN, EVE, "+8613800138009")
    bob = await add_device(BOB, EVE, "+8613800138009")
    radar = make_radar(FriendshipRule(Rule.SHARED_CONTACTS), max_friends=1)
    assert await radar.friends.all(ann) == ([Friend(bob, 0, Level.LIKELY)], False)
