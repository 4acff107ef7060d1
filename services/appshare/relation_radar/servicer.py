"""The wire of RelationRadar: requests become domain calls, results become responses."""

from appshare import errors
from appshare.relation_radar.blocks import Blocks
from appshare.relation_radar.devices import Devices
from appshare.relation_radar.friendship import FriendshipRule
from appshare.relation_radar.friendship_changes import FriendshipChanges
from appshare.relation_radar.key_rotation import KeyRotation
from appshare.relation_radar.model import Acquaintance, BookContact, DialledNumber, OneDevice, Person
from appshare.relation_radar.radar import Radar, SyncResult, place_of
from appshare.relation_radar.registration import Registrar
from appshare.relation_radar.servicers.blocks import BlockServicer
from appshare.relation_radar.servicers.devices import DeviceServicer
from appshare.relation_radar.servicers.friendship_changes import FriendshipChangeServicer
from appshare.relation_radar.servicers.key_rotation import KeyRotationServicer
from appshare.relation_radar.servicers.registration import RegistrationServicer
from appshare.relation_radar.wire import (
    read_contacts,
    read_person,
    write_acquaintance,
    write_friend,
    write_person_devices,
)
from appshare.rpc import paging
from appshare.rpc.fields import invalid_field
from appshare.rpc.interceptor import Context
from appshare.v1 import error_reason_pb2, friendship_pb2, relation_radar_pb2_grpc
from appshare.v1 import relation_radar_pb2 as pb

_MAX_PEOPLE = 100
"""People of one request."""

_NOBODY_NAMED = pb.PersonDevices(error=error_reason_pb2.ERROR_REASON_INVALID_FIELD)


class RelationRadarServicer(
    RegistrationServicer,
    DeviceServicer,
    BlockServicer,
    FriendshipChangeServicer,
    KeyRotationServicer,
    relation_radar_pb2_grpc.RelationRadarServiceServicer,
):
    """Serves `RelationRadarService`: what the classes of `servicers` serve, and books and friendships itself."""

    def __init__(
        self,
        registrar: Registrar,
        devices: Devices,
        radar: Radar,
        blocks: Blocks,
        changes: FriendshipChanges,
        rotation: KeyRotation,
        rule: FriendshipRule,
    ) -> None:
        RegistrationServicer.__init__(self, registrar, devices)
        DeviceServicer.__init__(self, devices)
        BlockServicer.__init__(self, blocks)
        FriendshipChangeServicer.__init__(self, changes, rule)
        KeyRotationServicer.__init__(self, rotation)
        self._radar = radar
        self._rule = rule

    async def SyncBook(self, request: pb.SyncBookRequest, context: Context) -> pb.SyncBookResponse:
        """Replaces or changes a contact book."""
        match request.WhichOneof("change"):
            case "full":
                contacts = read_contacts(request.full.contacts, "full.contacts")
                result = await self._radar.replace_book(request.device_id, contacts)
            case "delta":
                result = await self._change_book(request.device_id, request.delta)
            case _:
                raise invalid_field("change", "say what changes: `full` or `delta`")
        return pb.SyncBookResponse(
            book_version=result.book_version,
            contact_count=result.contact_count,
            skipped_number_count=result.skipped_number_count,
        )

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
        found = iter(await self._radar.find_people(request.device_id, [each for each in people if each]))
        return pb.BatchFindDevicesResponse(
            results=[write_person_devices(next(found)) if person else _NOBODY_NAMED for person in people]
        )

    async def ListFriendships(self, request: pb.ListFriendshipsRequest, context: Context) -> pb.ListFriendshipsResponse:
        """Lists the friends of a viewer."""
        after = paging.decode_token(request.page_token, int, str)
        size = paging.page_size(request.page_size)
        found, truncated = await self._radar.friends_behind(request.device_id, after, size + 1)
        page = found[:size]
        return pb.ListFriendshipsResponse(
            friends=[write_friend(each, self._rule) for each in page],
            next_page_token=paging.encode_token(*place_of(page[-1])) if len(found) > size else "",
            truncated=truncated,
        )

    async def _change_book(self, device_id: str, delta: friendship_pb2.ContactBookDelta) -> SyncResult:
        upserted = read_contacts(delta.upserted, "delta.upserted")
        return await self._radar.change_book(device_id, delta.base_version, upserted, delta.removed_contact_ids)

    async def _find(self, device_id: str, person: Person) -> list[Acquaintance]:
        match person:
            case DialledNumber(number):
                return await self._radar.find_by_number(device_id, number)
            case BookContact(contact_id):
                return await self._radar.find_by_contact(device_id, contact_id)
            case OneDevice(other_id):
                return await self._radar.find_by_device(device_id, other_id)


def _person_or_none(message: friendship_pb2.PersonRef) -> Person | None:
    try:
        return read_person(message)
    except errors.InvalidArgumentError:
        return None
