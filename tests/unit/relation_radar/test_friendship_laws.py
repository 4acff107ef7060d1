"""The rule of friendship, as laws that hold for all books."""

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st
from tests.unit.relation_radar.books import book

from appshare.relation_radar.friendship import FriendshipRule, common_numbers, count_shared_people
from appshare.relation_radar.model import Book, Level, Rule

# Few numbers, so that books have much in common.
NUMBERS = st.integers(1, 9)
HUBS = st.frozensets(NUMBERS, max_size=4)
CONTACTS = st.lists(st.frozensets(NUMBERS, min_size=1, max_size=3), max_size=6)
BOOKS = st.builds(lambda own, contacts: book(own, *contacts), NUMBERS, CONTACTS)
RULES = st.builds(FriendshipRule, st.sampled_from(Rule), st.integers(1, 4))


@given(st.sampled_from([Rule.SHARED_CONTACTS, Rule.MUTUAL]), st.integers(1, 4), BOOKS, BOOKS, HUBS)
def test_the_plain_and_the_mutual_rule_are_symmetric(
    rule: Rule, k: int, one: Book, other: Book, hubs: set[int]
) -> None:
    friendship = FriendshipRule(rule, k)
    assert friendship.level(one, other, hubs) is friendship.level(other, one, hubs)


@given(RULES, BOOKS, BOOKS, HUBS)
def test_confirmed_is_symmetric_under_every_rule(rule: FriendshipRule, one: Book, other: Book, hubs: set[int]) -> None:
    confirmed = rule.level(one, other, hubs) is Level.CONFIRMED
    assert confirmed is (rule.level(other, one, hubs) is Level.CONFIRMED)


@given(RULES, BOOKS, BOOKS, HUBS)
def test_confirmed_friends_list_each_other_and_likely_ones_do_not(
    rule: FriendshipRule, viewer: Book, owner: Book, hubs: set[int]
) -> None:
    level = rule.level(viewer, owner, hubs)
    both_list = viewer.lists(owner.own_number) and owner.lists(viewer.own_number)
    assert level is Level.NONE or (level is Level.CONFIRMED) is both_list


@given(RULES, BOOKS, BOOKS, HUBS, NUMBERS)
def test_another_hub_never_raises_a_level(
    rule: FriendshipRule, viewer: Book, owner: Book, hubs: frozenset[int], hub: int
) -> None:
    assert rule.level(viewer, owner, hubs | {hub}) <= rule.level(viewer, owner, hubs)


@given(RULES, BOOKS, BOOKS, HUBS)
def test_hubs_matter_only_where_shared_contacts_decide(
    rule: FriendshipRule, viewer: Book, owner: Book, hubs: set[int]
) -> None:
    if not rule.counts_shared_contacts(viewer, owner):
        assert rule.level(viewer, owner, hubs) is rule.level(viewer, owner, frozenset())


@given(st.integers(1, 4), st.sampled_from([Rule.LISTED, Rule.MUTUAL]), BOOKS, BOOKS, HUBS)
def test_nobody_is_a_friend_whom_the_owner_does_not_list(
    k: int, rule: Rule, viewer: Book, owner: Book, hubs: set[int]
) -> None:
    if FriendshipRule(rule, k).level(viewer, owner, hubs) is not Level.NONE:
        assert owner.lists(viewer.own_number)


@given(BOOKS, BOOKS, HUBS)
def test_mutual_friends_are_friends_under_listed_too(viewer: Book, owner: Book, hubs: set[int]) -> None:
    mutual = FriendshipRule(Rule.MUTUAL).level(viewer, owner, hubs)
    assert mutual <= FriendshipRule(Rule.LISTED).level(viewer, owner, hubs)


@given(BOOKS, BOOKS, HUBS)
def test_no_more_people_are_shared_than_a_book_has_contacts(one: Book, other: Book, hubs: set[int]) -> None:
    shared = count_shared_people(one, other, hubs)
    for side in (one, other):
        contacts = {contact for ids in side.contacts.values() for contact in ids}
        assert shared <= len(contacts) + 1  # the own number belongs to the book
    assert shared <= len(common_numbers(one, other) - hubs)


@given(BOOKS, BOOKS, HUBS)
def test_people_are_what_is_left_when_all_that_belongs_together_is_merged(
    one: Book, other: Book, hubs: frozenset[int]
) -> None:
    common = common_numbers(one, other)
    groups = [{number} for number in common]
    for side in (one, other):
        for contact in {contact for ids in side.contacts.values() for contact in ids}:
            groups += [{number for number in common if contact in side.contacts.get(number, ())}]
    assert count_shared_people(one, other, hubs) == sum(1 for group in _merged(groups) if group - hubs)


@given(NUMBERS, CONTACTS, BOOKS, HUBS, st.randoms(use_true_random=False))
def test_the_order_of_contacts_does_not_matter(own, contacts, other, hubs, random) -> None:
    shuffled = random.sample(contacts, len(contacts))
    assert count_shared_people(book(own, *contacts), other, hubs) == count_shared_people(
        book(own, *shuffled), other, hubs
    )


def _merged(groups: list[set[int]]) -> list[set[int]]:
    """Joins groups that overlap until none do: slow and plain, to judge the fast one by."""
    groups = [group for group in groups if group]
    for one, other in combinations(groups, 2):
        if one & other:
            rest = [group for group in groups if group is not one and group is not other]
            return _merged([*rest, one | other])
    return groups
