"""The radar: contact books come in, friendships are derived from them when asked."""

from collections.abc import Awaitable, Callable

from appshare.process.clock import Clock, system_clock
from appshare.relation_radar.acquaintances import Acquaintances
from appshare.relation_radar.block_store import BlockStore
from appshare.relation_radar.books import Books
from appshare.relation_radar.friend_lists import FriendLists
from appshare.relation_radar.friendship import FriendshipRule
from appshare.relation_radar.friendship_signals import nobody_watches
from appshare.relation_radar.limits import RadarLimits
from appshare.relation_radar.numbers import NumberKeys
from appshare.relation_radar.people import People
from appshare.relation_radar.store import RadarStore


class Radar:
    """What goes in, and what is found.

    Args:
        changed: told of each device whose book has changed.

    Attributes:
        books: takes contact books.
        acquaintances: says how people stand to each other.
        friends: lists friends.
    """

    def __init__(
        self,
        store: RadarStore,
        number_keys: NumberKeys,
        rule: FriendshipRule,
        limits: RadarLimits,
        blocks: BlockStore,
        changed: Callable[[str], Awaitable[None]] = nobody_watches,
        clock: Clock = system_clock,
    ) -> None:
        people = People(store, number_keys)
        self.books = Books(store, number_keys, limits, changed, clock)
        self.acquaintances = Acquaintances(store, people, rule, limits, blocks, clock)
        self.friends = FriendLists(store, people, rule, limits, blocks)
