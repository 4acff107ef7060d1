"""The wire of RelationRadar: requests become domain calls, results become responses."""

from collections.abc import Sequence

from google.protobuf.timestamp_pb2 import Timestamp

from appshare.relation_radar.key_rotation import KeyRotation
from appshare.relation_radar.model import Acquaintance, Contact, Friend, Level
from appshare.relation_radar.radar import Radar, SyncResult
from appshare.relation_radar.registration import Registrar
from appshare.relation_radar.servicers.key_rotation import KeyRotationServicer
from appshare.rpc import paging
from appshare.rpc.fields import invalid_field, require_length, require_text
from appshare.rpc.interceptor import Context
from appshare.v1 import friendship_pb2, relation_radar_pb2_grpc
from appshare.v1 import relation_radar_pb2 as pb

_MAX_NUMBERS = 50
"""Numbers that one contact may have."""

_LEVELS = {
    Level.NONE: friendship_pb2.FRIENDSHIP_LEVEL_NONE,
    Level.LIKELY: friendship_pb2.FRIENDSHIP_LEVEL_LIKELY,
    Level.CONFIRMED: friendship_pb2.FRIENDSHIP_LEVEL_CONFIRMED,
}


class RelationRadarServicer(KeyRotationServicer, relation_radar_pb2_grpc.RelationRadarServiceServicer):
    """Serves `RelationRadarService`: what the classes of `servicers` serve, and the rest itself."""

    def __init__(self, registrar: Registrar, radar: Radar, rotation: KeyRotation) -> None:
        KeyRotationServicer.__init__(self, rotation)
        self._registrar = registrar
        self._radar = radar

    async def StartRegistration(
        self, request: pb.StartRegistrationRequest, context: Context
    ) -> pb.StartRegistrationResponse:
        """Starts a registration and sends its code."""
        require_length(request.request_id, "request_id", 64)
        registration = await self._registrar.start(
            require_text(request.number, "number"), request.region, request.request_id or None
        )
        return pb.StartRegistrationResponse(
            registration_id=registration.registration_id, code_expire_time=_timestamp(registration.expire_time)
        )

    async def ConfirmRegistration(
        self, request: pb.ConfirmRegistrationRequest, context: Context
    ) -> pb.ConfirmRegistrationResponse:
        """Verifies the number and registers the device."""
        device_id, refresh_token = await self._registrar.confirm(request.registration_id, request.code)
        return pb.ConfirmRegistrationResponse(device_id=device_id, refresh_token=refresh_token)

    async def RotateRefreshToken(
        self, request: pb.RotateRefreshTokenRequest, context: Context
    ) -> pb.RotateRefreshTokenResponse:
        """Exchanges a refresh token for a new one."""
        device_id, refresh_token = await self._registrar.rotate(request.refresh_token)
        return pb.RotateRefreshTokenResponse(device_id=device_id, refresh_token=refresh_token)

    async def SyncBook(self, request: pb.SyncBookRequest, context: Context) -> pb.SyncBookResponse:
        """Replaces or changes a contact book."""
        match request.WhichOneof("change"):
            case "full":
                contacts = _contacts(request.full.contacts, "full.contacts")
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
        found = await self._find(request.device_id, request.person)
        return pb.FindDevicesResponse(acquaintances=[_acquaintance(each) for each in found])

    async def ListFriendships(self, request: pb.ListFriendshipsRequest, context: Context) -> pb.ListFriendshipsResponse:
        """Lists the friends of a viewer."""
        after = paging.decode_token(request.page_token, int, str)
        friends, truncated = await self._radar.friends(request.device_id)
        rest = [friend for friend in friends if after is None or _page_key(friend) > after]
        page = rest[: paging.page_size(request.page_size)]
        return pb.ListFriendshipsResponse(
            friends=[_friend(each) for each in page],
            next_page_token=paging.encode_token(*_page_key(page[-1])) if len(rest) > len(page) else "",
            truncated=truncated,
        )

    async def _change_book(self, device_id: str, delta: friendship_pb2.ContactBookDelta) -> SyncResult:
        upserted = _contacts(delta.upserted, "delta.upserted")
        return await self._radar.change_book(device_id, delta.base_version, upserted, delta.removed_contact_ids)

    async def _find(self, device_id: str, person: friendship_pb2.PersonRef) -> list[Acquaintance]:
        match person.WhichOneof("person"):
            case "number":
                return await self._radar.find_by_number(device_id, require_text(person.number, "person.number"))
            case "contact_id":
                return await self._radar.find_by_contact(device_id, person.contact_id)
            case "device_id":
                return await self._radar.find_by_device(device_id, person.device_id)
            case _:
                raise invalid_field("person", "say who: a number, a contact or a device")


def _contacts(messages: Sequence[friendship_pb2.Contact], field: str) -> list[Contact]:
    seen: set[int] = set()
    contacts = []
    for index, message in enumerate(messages):
        place = f"{field}[{index}]"
        if message.contact_id == 0 or message.contact_id in seen:
            raise invalid_field(f"{place}.contact_id", "a contact needs an id above 0 that no other contact has")
        if len(message.numbers) > _MAX_NUMBERS:
            raise invalid_field(f"{place}.numbers", f"a contact has at most {_MAX_NUMBERS} numbers")
        seen.add(message.contact_id)
        contacts.append(Contact(message.contact_id, tuple(message.numbers)))
    return contacts


def _page_key(friend: Friend) -> tuple[int, str]:
    return (-friend.level, friend.device_id)


def _acquaintance(found: Acquaintance) -> pb.Acquaintance:
    return pb.Acquaintance(
        device_id=found.device_id,
        contact_id=found.contact_id,
        as_viewer=_LEVELS[found.as_viewer],
        as_owner=_LEVELS[found.as_owner],
    )


def _friend(friend: Friend) -> friendship_pb2.Friend:
    return friendship_pb2.Friend(device_id=friend.device_id, contact_id=friend.contact_id, level=_LEVELS[friend.level])


def _timestamp(seconds: float) -> Timestamp:
    timestamp = Timestamp()
    timestamp.FromMilliseconds(int(seconds * 1000))
    return timestamp
