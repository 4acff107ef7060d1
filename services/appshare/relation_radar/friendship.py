"""The rule of friendship: a pure function of two contact books."""

from collections.abc import Hashable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from appshare.relation_radar.model import Book, Level, NumberKey, Rule


@dataclass(frozen=True, slots=True)
class FriendshipRule:
    """Decides whether an owner and a viewer are friends.

    Attributes:
        rule: who must list whom.
        shared_contacts: how many contacts in common make two devices friends (k of the design).
    """

    rule: Rule = Rule.LISTED
    shared_contacts: int = 2

    def counts_shared_contacts(self, viewer: Book, owner: Book) -> bool:
        """Whether shared contacts decide, and not who lists whom alone; only then do hubs matter."""
        match self.rule:
            case Rule.SHARED_CONTACTS:
                return True
            case Rule.LISTED:
                return owner.lists(viewer.own_number) and not viewer.lists(owner.own_number)
            case Rule.MUTUAL:
                return False

    def level(self, viewer: Book, owner: Book, hubs: AbstractSet[NumberKey]) -> Level:
        """The level of friendship by which the viewer sees what the owner shares with friends.

        Args:
            hubs: numbers that stand in so many books that they say nothing about two people.
        """
        both_list = owner.lists(viewer.own_number) and viewer.lists(owner.own_number)
        if self.counts_shared_contacts(viewer, owner):
            friends = count_shared_people(viewer, owner, hubs) >= self.shared_contacts
        else:
            friends = both_list
        if not friends:
            return Level.NONE
        return Level.CONFIRMED if both_list else Level.LIKELY


def common_numbers(one: Book, other: Book) -> frozenset[NumberKey]:
    """The numbers that both books list, each device's own number included."""
    common = one.contacts.keys() & other.contacts.keys()
    own = {number for number in (one.own_number, other.own_number) if one.lists(number) and other.lists(number)}
    return frozenset(common | own)


def count_shared_people(one: Book, other: Book, hubs: AbstractSet[NumberKey]) -> int:
    """How many people both books list with a number that is no hub.

    Numbers that either book holds to be one contact's are one person. A hub still joins the numbers of its contact:
    left out before, it would turn one person into two.
    """
    people = _DisjointSets()
    common = common_numbers(one, other)
    for number in common:
        for side, book in enumerate((one, other)):
            for contact in book.contacts.get(number, ()):
                people.join(number, (side, contact))
    return len({people.find(number) for number in common - hubs})


class _DisjointSets:
    """Sets that are joined again and again (union-find with path halving)."""

    def __init__(self) -> None:
        self._parents: dict[Hashable, Hashable] = {}

    def find(self, item: Hashable) -> Hashable:
        parents = self._parents
        parents.setdefault(item, item)
        while parents[item] != item:
            parents[item] = parents[parents[item]]
            item = parents[item]
        return item

    def join(self, one: Hashable, other: Hashable) -> None:
        self._parents[self.find(one)] = self.find(other)
