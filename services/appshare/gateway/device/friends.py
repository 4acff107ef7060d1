"""The address book of a device, its friends, and whom it blocks."""

from typing import Any

import grpc

from appshare.gateway.authentication import calling_device
from appshare.gateway.backends import RADAR, Backends
from appshare.gateway.doubts import Doubts
from appshare.gateway.forwarding import Forwarder
from appshare.gateway.people import MAX_PEOPLE, find_devices_of_all
from appshare.gateway.reads import RADAR_SERVICE
from appshare.rpc.call import remaining_time
from appshare.rpc.fields import invalid_field
from appshare.rpc.interceptor import Context
from appshare.v1 import device_gateway_pb2 as pb
from appshare.v1 import device_gateway_pb2_grpc
from appshare.v1 import relation_radar_pb2 as radar_pb
from appshare.v1.device_gateway_pb2_grpc import add_FriendServiceServicer_to_server
from appshare.v1.friendship_pb2 import FRIENDSHIP_LEVEL_NONE

SERVICE = "appshare.v1.FriendService"


class FriendServicer(device_gateway_pb2_grpc.FriendServiceServicer):
    """Serves `FriendService`."""

    def __init__(self, backends: Backends, doubts: Doubts) -> None:
        self._backends = backends
        self._doubts = doubts
        self._forward = Forwarder(backends.channels[RADAR_SERVICE], RADAR, RADAR_SERVICE)

    def add_to(self, server: grpc.aio.Server) -> None:
        """Adds the service to a server; the radar's lists of friends are sent on unread."""
        add_FriendServiceServicer_to_server(self, server)
        handler: Any = grpc.unary_unary_rpc_method_handler(self.ListFriends, pb.ListFriendsRequest.FromString)
        server.add_registered_method_handlers(SERVICE, {"ListFriends": handler})

    async def SyncContacts(self, request: pb.SyncContactsRequest, context: Context) -> pb.SyncContactsResponse:
        """Replaces or changes the contact book."""
        sync = radar_pb.SyncBookRequest(device_id=calling_device())
        match request.WhichOneof("change"):
            case "full":
                sync.full.CopyFrom(request.full)
            case "delta":
                sync.delta.CopyFrom(request.delta)
            case _:
                raise invalid_field("change", "say what changes: `full` or `delta`")
        synced = await RADAR.unary(self._backends.radar.SyncBook, sync, time_limit=remaining_time(context))
        self._doubts.about([sync.device_id])
        return pb.SyncContactsResponse(
            book_version=synced.book_version,
            contact_count=synced.contact_count,
            skipped_number_count=synced.skipped_number_count,
        )

    async def ListFriends(self, request: pb.ListFriendsRequest, context: Context) -> Any:
        """Lists the friends, as the bytes of a `ListFriendsResponse`."""
        wanted = radar_pb.ListFriendshipsRequest(
            device_id=calling_device(), page_size=request.page_size, page_token=request.page_token
        )
        return await self._forward.call(
            "ListFriendships", wanted.SerializeToString(), time_limit=remaining_time(context)
        )

    async def BatchCheckFriends(
        self, request: pb.BatchCheckFriendsRequest, context: Context
    ) -> pb.BatchCheckFriendsResponse:
        """Says for each person whether the device may see what they share with friends."""
        if len(request.people) > MAX_PEOPLE:
            raise invalid_field("people", f"at most {MAX_PEOPLE} people in one request")
        found = await find_devices_of_all(
            self._backends, calling_device(), request.people, time_limit=remaining_time(context)
        )
        return pb.BatchCheckFriendsResponse(checks=map(_check, found))

    async def BlockPerson(self, request: pb.BlockPersonRequest, context: Context) -> pb.BlockPersonResponse:
        """Blocks a person."""
        block = radar_pb.AddBlocksRequest(device_id=calling_device(), person=request.person)
        await RADAR.unary(self._backends.radar.AddBlocks, block, time_limit=remaining_time(context))
        self._doubts.about([calling_device()])
        return pb.BlockPersonResponse()

    async def UnblockPerson(self, request: pb.UnblockPersonRequest, context: Context) -> pb.UnblockPersonResponse:
        """Takes blocks back."""
        unblock = radar_pb.RemoveBlocksRequest(device_id=calling_device())
        match request.WhichOneof("blocked"):
            case "person":
                unblock.person.CopyFrom(request.person)
            case "block_id":
                unblock.block_id = request.block_id
            case _:
                raise invalid_field("blocked", "say who: a `person` or a `block_id`")
        await RADAR.unary(self._backends.radar.RemoveBlocks, unblock, time_limit=remaining_time(context))
        return pb.UnblockPersonResponse()

    async def ListBlocks(self, request: pb.ListBlocksRequest, context: Context) -> pb.ListBlocksResponse:
        """Lists whom the device's person blocks."""
        read = await RADAR.unary(
            self._backends.radar.ReadBlocks,
            radar_pb.ReadBlocksRequest(
                device_id=calling_device(), page_size=request.page_size, page_token=request.page_token
            ),
            time_limit=remaining_time(context),
        )
        return pb.ListBlocksResponse(blocks=read.blocks, next_page_token=read.next_page_token)


def _check(found: radar_pb.PersonDevices) -> pb.FriendCheck:
    """The highest level of a person's devices, or what is wrong with the reference."""
    if found.error:
        return pb.FriendCheck(error=found.error)
    return pb.FriendCheck(level=max((each.as_viewer for each in found.acquaintances), default=FRIENDSHIP_LEVEL_NONE))
