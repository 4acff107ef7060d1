"""Who is a friend of a device, as a list."""

from collections.abc import Sequence

from appshare.relation_radar.block_store import BlockStore, unblocked
from appshare.relation_radar.friendship import FriendshipRule
from appshare.relation_radar.limits import BOOKS_AT_ONCE, RadarLimits
from appshare.relation_radar.model import Book, Device, Friend, Level, Rule
from appshare.relation_radar.people import People
from appshare.relation_radar.store import RadarStore

FriendPlace = tuple[int | str, ...]
"""Where a friend stands in a list: confirmed ones first, then by device id in the order of code points."""


class FriendLists:
    """Lists friends. Whom a block is between, they are not."""

    def __init__(
        self, store: RadarStore, people: People, rule: FriendshipRule, limits: RadarLimits, blocks: BlockStore
    ) -> None:
        self._store = store
        self._people = people
        self._rule = rule
        self._limits = limits
        self._blocks = blocks

    async def all(self, device_id: str) -> tuple[list[Friend], bool]:
        """The owners who are friends from the viewer's side, confirmed ones first; True when there may be more.

        Raises:
            errors.NotFoundError: DEVICE_NOT_FOUND.
        """
        return await self.behind(device_id, None, self._limits.max_friends)

    async def behind(self, device_id: str, after: FriendPlace | None, at_most: int) -> tuple[list[Friend], bool]:
        """The friends behind a place of the list, `at_most` of them; True when there may be more than a list holds.

        It decides only on as many owners as it takes: of the confirmed friends, no book is read.

        Raises:
            errors.NotFoundError: DEVICE_NOT_FOUND.
        """
        viewer = await self._people.require_device(device_id)
        book = await self._store.book(viewer)
        candidates = await self._unblocked_candidates(viewer)
        owners = candidates[: self._limits.max_friends]
        rest = owners if after is None else [owner for owner in owners if self._may_be_behind(book, owner, after)]
        found: list[Friend] = []
        for start in range(0, len(rest), BOOKS_AT_ONCE):
            found += await self._friends_among(book, rest[start : start + BOOKS_AT_ONCE], after)
            if len(found) >= at_most:
                break
        return found[:at_most], len(candidates) > len(owners)

    def _may_be_behind(self, viewer: Book, owner: Device, after: FriendPlace) -> bool:
        """Whether an owner is behind a place of the list, should it be a friend; where contacts decide, it may be."""
        if self._rule.rule is Rule.SHARED_CONTACTS:
            return True
        level = Level.CONFIRMED if viewer.lists(owner.number_key) else Level.LIKELY
        return place_of(Friend(owner.device_id, 0, level)) > after

    async def _friends_among(self, viewer: Book, owners: Sequence[Device], after: FriendPlace | None) -> list[Friend]:
        levels = await self._levels_of_candidates(viewer, owners)
        friends = [Friend(owner.device_id, viewer.contact_of(owner), levels[owner.key]) for owner in owners]
        return [
            friend
            for friend in friends
            if friend.level is not Level.NONE and (after is None or place_of(friend) > after)
        ]

    async def _unblocked_candidates(self, viewer: Device) -> list[Device]:
        """Owners who may be friends, those who would be confirmed first: one more than a list holds, when there are."""
        wanted = at_most = self._limits.max_friends + 1
        while True:
            candidates = await self._candidates(viewer, at_most)
            owners = await unblocked(self._blocks, viewer, candidates)
            if len(owners) >= wanted or len(candidates) < at_most:
                return owners[:wanted]
            at_most *= 2

    async def _candidates(self, viewer: Device, at_most: int) -> list[Device]:
        if self._rule.rule is Rule.SHARED_CONTACTS:
            hub_limit = self._limits.hub_limit
            return await self._store.devices_sharing(viewer, self._rule.shared_contacts, hub_limit, at_most)
        return await self._store.devices_listing(viewer, at_most)

    async def _levels_of_candidates(self, viewer: Book, owners: Sequence[Device]) -> dict[int, Level]:
        """The levels of owners by key. The books are read only of those whose listing the viewer does not decide."""
        # All candidates list the viewer, unless shared contacts decide, and with them this is None.
        of_listed = self._rule.level_by_listing(owner_lists=True, viewer_lists=True)
        of_others = self._rule.level_by_listing(owner_lists=True, viewer_lists=False)
        levels: dict[int, Level] = {}
        undecided = []
        for owner in owners:
            level = of_listed if viewer.lists(owner.number_key) else of_others
            if level is None:
                undecided.append(owner)
            else:
                levels[owner.key] = level
        if undecided:
            hubs = await self._store.hubs([*viewer.numbers, viewer.own_number], self._limits.hub_limit)
            for owner, book in zip(undecided, await self._store.books(undecided), strict=True):
                levels[owner.key] = self._rule.level(viewer, book, hubs)
        return levels


def place_of(friend: Friend) -> FriendPlace:
    """Where a friend stands in a list."""
    return (-friend.level, friend.device_id)
