"""The rule of friendship: a pure function of two contact books."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from appshare.relation_radar.model import Book, Ground, Level, NumberKey, Rule


@dataclass(frozen=True, slots=True)
class FriendshipRule:
    """Decides whether an owner and a viewer are friends.

    Attributes:
        rule: who must list whom.
        shared_contacts: how many contacts in common make two devices friends (k of the design).
    """

    rule: Rule = Rule.LISTED
    shared_contacts: int = 2

    def level_by_listing(self, *, owner_lists: bool, viewer_lists: bool) -> Level | None:
        """The level where who lists whom decides alone; None where shared contacts do. Only there hubs matter."""
        if self.rule is Rule.SHARED_CONTACTS or (self.rule is Rule.LISTED and owner_lists and not viewer_lists):
            return None
        return Level.CONFIRMED if owner_lists and viewer_lists else Level.NONE

    def counts_shared_contacts(self, viewer: Book, owner: Book) -> bool:
        """Whether shared contacts decide, and not who lists whom alone."""
        owner_lists, viewer_lists = owner.lists(viewer.own_number), viewer.lists(owner.own_number)
        return self.level_by_listing(owner_lists=owner_lists, viewer_lists=viewer_lists) is None

    def level(self, viewer: Book, owner: Book, hubs: AbstractSet[NumberKey]) -> Level:
        """The level of friendship by which the viewer sees what the owner shares with friends.

        Args:
            hubs: numbers that stand in so many books that they say nothing about two people.
        """
        owner_lists, viewer_lists = owner.lists(viewer.own_number), viewer.lists(owner.own_number)
        level = self.level_by_listing(owner_lists=owner_lists, viewer_lists=viewer_lists)
        if level is not None:
            return level
        if count_shared_people(viewer, owner, hubs, enough=self.shared_contacts) < self.shared_contacts:
            return Level.NONE
        return Level.CONFIRMED if owner_lists and viewer_lists else Level.LIKELY

    def ground(self, level: Level) -> Ground | None:
        """By what a friendship of a level holds; None where there is none. It tells no more of books than the level."""
        if level is Level.NONE:
            return None
        if self.rule is Rule.SHARED_CONTACTS:
            return Ground.SHARED_CONTACTS
        return Ground.BOTH_LIST if level is Level.CONFIRMED else Ground.OWNER_LISTS


def common_numbers(one: Book, other: Book) -> set[NumberKey]:
    """The numbers that both books list, each device's own number included."""
    common = set(one.numbers.intersection(other.packed.numbers))
    if other.lists(one.own_number):
        common.add(one.own_number)
    if one.lists(other.own_number):
        common.add(other.own_number)
    return common


def count_shared_people(one: Book, other: Book, hubs: AbstractSet[NumberKey], *, enough: int | None = None) -> int:
    """How many people both books list with a number that is no hub; counting stops when there are `enough`.

    Numbers that either book holds to be one contact's are one person. A hub still joins the numbers of its contact:
    left out before, it would turn one person into two.
    """
    common = common_numbers(one, other)
    telling = common - hubs
    people = 0
    while telling:
        people += 1
        if people == enough:
            break
        telling -= _same_person(telling.pop(), one, other, common)
    return people


def _same_person(number: NumberKey, one: Book, other: Book, common: AbstractSet[NumberKey]) -> set[NumberKey]:
    """The common numbers that belong together with this one, through contacts of either book."""
    found, reached = {number}, [number]
    while reached:
        number = reached.pop()
        for contacts in (one.packed, other.packed):
            for contact_id in contacts.ids_of(number):
                for joined in contacts.numbers_of(contact_id):
                    if joined in common and joined not in found:
                        found.add(joined)
                        reached.append(joined)
    return found
