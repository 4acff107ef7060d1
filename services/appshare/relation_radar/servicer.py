"""The wire of RelationRadar: requests become domain calls, results become responses."""

from appshare.relation_radar.blocks import Blocks
from appshare.relation_radar.devices import Devices
from appshare.relation_radar.friendship import FriendshipRule
from appshare.relation_radar.friendship_changes import FriendshipChanges
from appshare.relation_radar.key_rotation import KeyRotation
from appshare.relation_radar.radar import Radar
from appshare.relation_radar.registration import Registrar
from appshare.relation_radar.servicers.blocks import BlockServicer
from appshare.relation_radar.servicers.books import BookServicer
from appshare.relation_radar.servicers.devices import DeviceServicer
from appshare.relation_radar.servicers.friendship_changes import FriendshipChangeServicer
from appshare.relation_radar.servicers.friendships import FriendshipServicer
from appshare.relation_radar.servicers.key_rotation import KeyRotationServicer
from appshare.relation_radar.servicers.registration import RegistrationServicer
from appshare.v1 import relation_radar_pb2_grpc


class RelationRadarServicer(
    RegistrationServicer,
    DeviceServicer,
    BookServicer,
    FriendshipServicer,
    BlockServicer,
    FriendshipChangeServicer,
    KeyRotationServicer,
    relation_radar_pb2_grpc.RelationRadarServiceServicer,
):
    """Serves `RelationRadarService`: what the classes of `servicers` serve."""

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
        BookServicer.__init__(self, radar.books)
        FriendshipServicer.__init__(self, radar.acquaintances, radar.friends, rule)
        BlockServicer.__init__(self, blocks)
        FriendshipChangeServicer.__init__(self, changes, rule)
        KeyRotationServicer.__init__(self, rotation)
