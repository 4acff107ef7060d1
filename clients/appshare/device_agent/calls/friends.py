"""The address book, friends and blocks."""

from collections.abc import Iterable, Sequence

from appshare.device_agent import model, wire
from appshare.device_agent.calls.session import PAGE_SIZE, SessionCalls
from appshare.v1 import device_gateway_pb2 as pb
from appshare.v1 import friendship_pb2
from appshare.v1.device_gateway_pb2_grpc import FriendServiceStub

_CHECKED_AT_ONCE = 100
"""People that the contract lets one request name."""


class FriendCalls(SessionCalls):
    """The calls of `FriendService`."""

    async def replace_contacts(self, contacts: Iterable[model.Contact]) -> model.SyncedBook:
        """Replaces the contact book."""
        book = friendship_pb2.ContactBook(contacts=map(wire.write_contact, contacts))
        return await self._sync(pb.SyncContactsRequest(full=book))

    async def change_contacts(
        self, base_version: int, upserted: Iterable[model.Contact], removed: Iterable[int]
    ) -> model.SyncedBook:
        """Changes the contact book that has the version."""
        delta = friendship_pb2.ContactBookDelta(
            base_version=base_version, upserted=map(wire.write_contact, upserted), removed_contact_ids=removed
        )
        return await self._sync(pb.SyncContactsRequest(delta=delta))

    async def friends(self) -> model.FriendList:
        """Lists the friends, confirmed ones first."""
        found: list[model.Friend] = []
        token, truncated = "", False
        while True:
            request = pb.ListFriendsRequest(page_size=PAGE_SIZE, page_token=token)
            page = await self._call(FriendServiceStub(self._channel).ListFriends, request)
            found += map(wire.read_friend, page.friends)
            token, truncated = page.next_page_token, truncated or page.truncated
            if not token:
                return model.FriendList(tuple(found), truncated)

    async def check_friends(self, people: Sequence[model.Person]) -> list[model.FriendCheck]:
        """Says for each person, in their order, whether they are a friend."""
        found: list[model.FriendCheck] = []
        for start in range(0, len(people), _CHECKED_AT_ONCE):
            part = people[start : start + _CHECKED_AT_ONCE]
            request = pb.BatchCheckFriendsRequest(people=map(wire.write_person, part))
            response = await self._call(FriendServiceStub(self._channel).BatchCheckFriends, request)
            found += map(wire.read_friend_check, response.checks)
        return found

    async def block(self, person: model.Person) -> None:
        """Blocks a person: neither sees anything of the other any more."""
        request = pb.BlockPersonRequest(person=wire.write_person(person))
        await self._call(FriendServiceStub(self._channel).BlockPerson, request)

    async def unblock(self, person: model.Person) -> None:
        """Takes the blocks of a person back."""
        request = pb.UnblockPersonRequest(person=wire.write_person(person))
        await self._call(FriendServiceStub(self._channel).UnblockPerson, request)

    async def unblock_by_id(self, block_id: str) -> None:
        """Takes a block back, by its id."""
        request = pb.UnblockPersonRequest(block_id=block_id)
        await self._call(FriendServiceStub(self._channel).UnblockPerson, request)

    async def blocks(self) -> list[model.Block]:
        """Lists whom the device's person blocks, the newest first."""
        found: list[model.Block] = []
        token = ""
        while True:
            request = pb.ListBlocksRequest(page_size=PAGE_SIZE, page_token=token)
            page = await self._call(FriendServiceStub(self._channel).ListBlocks, request)
            found += map(wire.read_block, page.blocks)
            token = page.next_page_token
            if not token:
                return found

    async def _sync(self, request: pb.SyncContactsRequest) -> model.SyncedBook:
        return wire.read_synced_book(await self._call(FriendServiceStub(self._channel).SyncContacts, request))
