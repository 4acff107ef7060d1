"""The rule of friendship, as tables."""

import pytest
from tests.unit.relation_radar.books import book

from appshare.relation_radar.friendship import FriendshipRule, common_numbers, count_shared_people
from appshare.relation_radar.model import Ground, Level, Rule

VIEWER, OWNER = 1, 2
ANN, BOB, CARL, DORA = 11, 12, 13, 14
NO_HUBS: frozenset[int] = frozenset()

NONE, LIKELY, CONFIRMED = Level.NONE, Level.LIKELY, Level.CONFIRMED


@pytest.mark.parametrize(
    ("rule", "owner_lists", "viewer_lists", "levels"),
    [
        # levels: with 0, 1 and 2 further people in both books. Who is listed is in both books by being its own number.
        (Rule.SHARED_CONTACTS, False, False, (NONE, NONE, LIKELY)),
        (Rule.SHARED_CONTACTS, True, False, (NONE, LIKELY, LIKELY)),
        (Rule.SHARED_CONTACTS, False, True, (NONE, LIKELY, LIKELY)),
        (Rule.SHARED_CONTACTS, True, True, (CONFIRMED, CONFIRMED, CONFIRMED)),
        (Rule.LISTED, False, False, (NONE, NONE, NONE)),
        (Rule.LISTED, True, False, (NONE, LIKELY, LIKELY)),
        (Rule.LISTED, False, True, (NONE, NONE, NONE)),
        (Rule.LISTED, True, True, (CONFIRMED, CONFIRMED, CONFIRMED)),
        (Rule.MUTUAL, False, False, (NONE, NONE, NONE)),
        (Rule.MUTUAL, True, False, (NONE, NONE, NONE)),
        (Rule.MUTUAL, False, True, (NONE, NONE, NONE)),
        (Rule.MUTUAL, True, True, (CONFIRMED, CONFIRMED, CONFIRMED)),
    ],
)
def test_level_by_rule_and_who_lists_whom(
    rule: Rule, *, owner_lists: bool, viewer_lists: bool, levels: tuple[Level, ...]
) -> None:
    for shared, level in enumerate(levels):
        people = [ANN, BOB][:shared]
        viewer = book(VIEWER, *people, *([OWNER] if viewer_lists else []))
        owner = book(OWNER, *people, *([VIEWER] if owner_lists else []))
        assert FriendshipRule(rule).level(viewer, owner, NO_HUBS) is level, f"{shared} shared"


@pytest.mark.parametrize(("k", "level"), [(1, LIKELY), (2, LIKELY), (3, NONE)])
def test_operator_sets_how_many_shared_contacts_make_friends(k: int, level: Level) -> None:
    viewer, owner = book(VIEWER, ANN, BOB), book(OWNER, ANN, BOB)
    assert FriendshipRule(Rule.SHARED_CONTACTS, k).level(viewer, owner, NO_HUBS) is level


@pytest.mark.parametrize(
    ("rule", "likely", "confirmed"),
    [
        (Rule.SHARED_CONTACTS, Ground.SHARED_CONTACTS, Ground.SHARED_CONTACTS),
        (Rule.LISTED, Ground.OWNER_LISTS, Ground.BOTH_LIST),
        (Rule.MUTUAL, None, Ground.BOTH_LIST),  # which never takes anybody for a likely friend
    ],
)
def test_by_what_a_friendship_holds(rule: Rule, likely: Ground | None, confirmed: Ground) -> None:
    friendship = FriendshipRule(rule)
    assert friendship.ground(NONE) is None
    assert friendship.ground(CONFIRMED) is confirmed
    assert likely is None or friendship.ground(LIKELY) is likely


@pytest.mark.parametrize("rule", [Rule.LISTED, Rule.MUTUAL])
def test_an_outsider_with_a_made_up_book_is_nobodys_friend(rule: Rule) -> None:
    outsider = book(VIEWER, OWNER, ANN, BOB, CARL, DORA)
    owner = book(OWNER, ANN, BOB, CARL, DORA)
    assert FriendshipRule(rule).level(outsider, owner, NO_HUBS) is NONE


@pytest.mark.parametrize(
    ("rule", "hubs", "level"),
    [
        (Rule.SHARED_CONTACTS, {ANN}, LIKELY),  # the viewer's own number and BOB are left
        (Rule.SHARED_CONTACTS, {ANN, BOB}, NONE),
        (Rule.SHARED_CONTACTS, {ANN, VIEWER}, NONE),
        (Rule.LISTED, {ANN}, LIKELY),
        (Rule.LISTED, {ANN, BOB}, NONE),
        (Rule.LISTED, {ANN, VIEWER}, NONE),
        (Rule.LISTED, {CARL, DORA}, LIKELY),  # hubs that are not in both books change nothing
    ],
)
def test_hubs_say_nothing_about_two_people(rule: Rule, hubs: set[int], level: Level) -> None:
    viewer, owner = book(VIEWER, ANN, BOB, CARL), book(OWNER, VIEWER, ANN, BOB, DORA)
    assert FriendshipRule(rule).level(viewer, owner, hubs) is level


@pytest.mark.parametrize("rule", [Rule.LISTED, Rule.MUTUAL])
def test_listing_each_other_counts_also_when_both_numbers_are_hubs(rule: Rule) -> None:
    viewer, owner = book(VIEWER, OWNER), book(OWNER, VIEWER)
    assert FriendshipRule(rule).level(viewer, owner, {VIEWER, OWNER}) is CONFIRMED


def test_the_plain_rule_counts_no_hub_also_when_both_list_each_other() -> None:
    viewer, owner = book(VIEWER, OWNER, ANN), book(OWNER, VIEWER, ANN)
    rule = FriendshipRule(Rule.SHARED_CONTACTS)
    assert rule.level(viewer, owner, {ANN}) is CONFIRMED
    assert rule.level(viewer, owner, {ANN, OWNER}) is NONE


@pytest.mark.parametrize(
    ("rule", "owner_lists", "viewer_lists", "counts"),
    [
        (Rule.SHARED_CONTACTS, False, False, True),
        (Rule.SHARED_CONTACTS, True, True, True),
        (Rule.LISTED, True, False, True),
        (Rule.LISTED, False, True, False),
        (Rule.LISTED, False, False, False),
        (Rule.LISTED, True, True, False),
        (Rule.MUTUAL, True, False, False),
        (Rule.MUTUAL, True, True, False),
    ],
)
def test_when_shared_contacts_decide(rule: Rule, *, owner_lists: bool, viewer_lists: bool, counts: bool) -> None:
    viewer = book(VIEWER, *([OWNER] if viewer_lists else []))
    owner = book(OWNER, *([VIEWER] if owner_lists else []))
    assert FriendshipRule(rule).counts_shared_contacts(viewer, owner) is counts


@pytest.mark.parametrize(("rule", "level"), [(Rule.LISTED, CONFIRMED), (Rule.MUTUAL, CONFIRMED)])
def test_two_devices_of_one_number_list_each_other(rule: Rule, level: Level) -> None:
    assert FriendshipRule(rule).level(book(VIEWER), book(VIEWER), NO_HUBS) is level


def test_two_devices_of_one_number_have_one_person_in_common() -> None:
    assert count_shared_people(book(VIEWER), book(VIEWER), NO_HUBS) == 1


def test_common_numbers_hold_each_devices_own_where_the_other_lists_it() -> None:
    assert common_numbers(book(VIEWER, ANN, OWNER), book(OWNER, ANN, BOB)) == {ANN, OWNER}
    assert common_numbers(book(VIEWER, ANN), book(OWNER, ANN, VIEWER)) == {ANN, VIEWER}
    assert common_numbers(book(VIEWER, ANN), book(OWNER, BOB)) == set()


@pytest.mark.parametrize(
    ("one", "other", "people"),
    [
        pytest.param([(ANN, BOB)], [(ANN, BOB)], 1, id="one contact with two numbers in both books"),
        pytest.param([(ANN, BOB)], [ANN, BOB], 1, id="one contact here, two there"),
        pytest.param([ANN, BOB], [(ANN, BOB)], 1, id="two contacts here, one there"),
        pytest.param([ANN, BOB], [ANN, BOB], 2, id="two contacts in both"),
        pytest.param([(ANN, BOB), CARL], [ANN, (BOB, CARL)], 1, id="a chain through both books"),
        pytest.param([(ANN, BOB), (CARL, DORA)], [ANN, BOB, CARL, DORA], 2, id="two pairs"),
        pytest.param(
            [(ANN, BOB), (BOB, CARL)], [ANN, BOB, CARL], 1, id="contacts that overlap in a number of both books"
        ),
        pytest.param([(ANN, BOB), (BOB, CARL)], [ANN, CARL], 2, id="contacts that overlap in a number of one book"),
        pytest.param([ANN, ANN], [ANN], 1, id="one number in two contacts"),
        pytest.param([(ANN, BOB)], [ANN], 1, id="a number that only one book has"),
        pytest.param([(VIEWER, ANN)], [VIEWER, ANN], 1, id="the own card with a second number"),
        pytest.param([OWNER], [VIEWER], 2, id="each other"),
        pytest.param([], [ANN], 0, id="an empty book"),
    ],
)
def test_people_in_both_books(one: list[int], other: list[int], people: int) -> None:
    assert count_shared_people(book(VIEWER, *one), book(OWNER, *other), NO_HUBS) == people


@pytest.mark.parametrize(
    ("hubs", "people"), [({BOB}, 1), ({ANN}, 1), ({ANN, CARL}, 1), ({ANN, BOB, CARL}, 0), ({DORA}, 1)]
)
def test_a_hub_still_joins_the_numbers_of_its_contact(hubs: set[int], people: int) -> None:
    one, other = book(VIEWER, (ANN, BOB), CARL), book(OWNER, ANN, (BOB, CARL))
    assert count_shared_people(one, other, hubs) == people
