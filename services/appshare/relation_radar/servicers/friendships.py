"""The wire of how people stand to each other."""

from appshare import errors
from appshare.relation_radar.acquaintances import Acquaintances
from appshare.relation_radar.friend_lists import FriendLists, place_of
from appshare.relation_radar.friendship import FriendshipRule
from appshare.relation_radar.model import Acquaintance, BookContact, DialledNumber, OneDevice, Person
from appshare.relation_radar.wire import add_friends, read_person, write_acquaintance, write_person_devices
from appshare.rpc import paging
from appshare.rpc.fields import invalid_field
from appshare.rpc.interceptor import Context
from appshare.v1 import error_reason_pb2, friendship_pb2
from appshare.v1 import relation_radar_pb2 as pb

_MAX_PEOPLE = 100
"""People of one request."""

_NOBODY_NAMED = pb.PersonDevices(error=error_reason_pb2.ERROR_REASON_INVALID_FIELD)


class FriendshipServicer:
    """The RPCs that say who is whose friend."""

    def __init__(self, acquaintances: Acquaintances, friends: FriendLists, rule: FriendshipRule) -> None:
        self._acquaintances = acquaintances
        self._friends = friends
        self._rule = rule

    async def FindDevices(self, request: pb.FindDevicesRequest, context: Context) -> pb.FindDevicesResponse:
        """Finds the devices of a person."""
        found = await self._find(request.device_id, read_person(request.person))
        return pb.FindDevicesResponse(acquaintances=map(write_acquaintance, found))

    async def BatchFindDevices(
        self, request: pb.BatchFindDevicesRequest, context: Context
    ) -> pb.BatchFindDevicesResponse:
        """Finds the devices of several people."""
        if len(request.people) > _MAX_PEOPLE:
            raise invalid_field("people", f"at most {_MAX_PEOPLE} people in one request")
        people = [_person_or_none(each) for each in request.people]
        found = iter(await self._acquaintances.of_people(request.device_id, [each for each in people if each]))
        return pb.BatchFindDevicesResponse(
            results=[write_person_devices(next(found)) if person else _NOBODY_NAMED for person in people]
        )

    async def ListFriendships(self, request: pb.ListFriendshipsRequest, context: Context) -> pb.ListFriendshipsResponse:
        """Lists the friends of a viewer."""
        after = paging.decode_token(request.page_token, int, str)
        size = paging.page_size(request.page_size)
        found, truncated = await self._friends.behind(request.device_id, after, size + 1)
        page = found[:size]
        response = pb.ListFriendshipsResponse(truncated=truncated)
        add_friends(response.friends, page, self._rule)
        if len(found) > size:
            response.next_page_token = paging.encode_token(*place_of(page[-1]))
        return response

    async def _find(self, device_id: str, person: Person) -> list[Acquaintance]:
        match person:
            case DialledNumber(number):
                return await self._acquaintances.by_number(device_id, number)
            case BookContact(contact_id):
                return await self._acquaintances.by_contact(device_id, contact_id)
            case OneDevice(other_id):
                return await self._acquaintances.by_device(device_id, other_id)


def _person_or_none(message: friendship_pb2.PersonRef) -> Person | None:
    try:
        return read_person(message)
    except errors.InvalidArgumentError:
        return None
