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

    def level(self, viewer: Book, owner: Book, hubs: AbstractSet[NumberKey]) -> Level:
        """The level of friendship by which the viewer sees what the owner shares with friends.

        Args:
            hubs: numbers that stand in so many books that they say nothing about two people.
        """
        owner_lists = owner.lists(viewer.own_number)
        both_list = owner_lists and viewer.lists(owner.own_number)
        match self.rule:
            case Rule.MUTUAL:
                friends = both_list
            case Rule.LISTED:
                friends = both_list or (owner_lists and self._share_enough(viewer, owner, hubs))
            case Rule.SHARED_CONTACTS:
                friends = self._share_enough(viewer, owner, hubs)
        if not friends:
            return Level.NONE
        return Level.CONFIRMED if both_list else Level.LIKELY

    def _share_enough(self, viewer: Book, owner: Book, hubs: AbstractSet[NumberKey]) -> bool:
        return count_shared_people(viewer, owner, common_numbers(viewer, owner) - hubs) >= self.shared_contacts


def common_numbers(one: Book, other: Book) -> frozenset[NumberKey]:
    """The numbers that both books list, each device's own number included."""
    common = one.contacts.keys() & other.contacts.keys()
    own = {number for number in (one.own_number, other.own_number) if one.lists(number) and other.lists(number)}
    return frozenset(common | own)


def count_shared_people(one: Book, other: Book, numbers: AbstractSet[NumberKey]) -> int:
    """How many people the numbers are: two numbers that either book holds to be one contact's count once."""
    people = _DisjointSets()
    for number in numbers:
        people.join(number, number)
        for side, book in enumerate((one, other)):
            for contact in book.contacts.get(number, ()):
                people.join(number, (side, contact))
    return len({people.find(number) for number in numbers})


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
