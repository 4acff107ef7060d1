"""What is called: at the real gateway, and at the bare one with the same hops and sizes."""

from dataclasses import dataclass

import grpc
from google.protobuf.message import Message

from appshare.v1 import app_download_pb2 as download_pb
from appshare.v1 import device_gateway_pb2 as pb
from appshare.v1 import relation_radar_pb2 as radar_pb
from appshare.v1 import share_registry_pb2 as registry_pb
from appshare.v1.device_pb2 import PLATFORM_ANDROID, DeviceProfile
from appshare.v1.friendship_pb2 import FRIENDSHIP_LEVEL_CONFIRMED, PersonRef
from benchmarks.gateway.bare import GATEWAY_METHOD, Bare, hops_metadata
from benchmarks.gateway.cloud import PACKAGE, Cloud
from benchmarks.gateway.load import Target

RADAR, REGISTRY, DOWNLOAD = range(3)
NAMES = ("relation-radar", "share-registry", "app-download")
"""Of the processes; each is measured beside the bare one that takes its place."""
SERVICES = len(NAMES)

_PROFILE = DeviceProfile(
    platform=PLATFORM_ANDROID, sdk_version=34, supported_abis=["arm64-v8a", "armeabi-v7a"], screen_density=420
)
_CONFIRMED = FRIENDSHIP_LEVEL_CONFIRMED


@dataclass(frozen=True)
class Scenario:
    """A call of a device.

    Attributes:
        hops: service, request and answer of each call behind the gateway; None for an answer that is the gateway's own.
    """

    name: str
    path: str
    request: Message
    hops: list[tuple[int, Message, Message | None]]

    def ours(self, cloud: Cloud) -> Target:
        request = self.request.SerializeToString()
        return Target(cloud.channels, self.path, request, cloud.viewer.metadata, cloud.processes)

    async def bare(self, bare: Bare, cloud: Cloud, channel: grpc.aio.Channel) -> Target:
        """The same with bare processes; it asks ours once, for the size of the answer."""
        size = len(await self.ours(cloud).call())
        hops = [
            (service, request.ByteSize(), size if answer is None else answer.ByteSize())
            for service, request, answer in self.hops
        ]
        metadata = (*cloud.viewer.metadata, hops_metadata(hops, size))
        processes = {"gateway": bare.gateway, **dict(zip(NAMES, bare.services, strict=True))}
        return Target([channel], GATEWAY_METHOD, self.request.SerializeToString(), metadata, processes)


def scenarios(cloud: Cloud) -> list[Scenario]:
    """A friend's list of apps, one's own friends, and which build of an app fits."""
    viewer, person = cloud.viewer.device_id, PersonRef(device_id=cloud.owner.device_id)
    find = radar_pb.FindDevicesRequest(device_id=viewer, person=person)
    acquaintance = radar_pb.Acquaintance(
        device_id=cloud.owner.device_id, contact_id=1, as_viewer=_CONFIRMED, as_owner=_CONFIRMED
    )
    found = radar_pb.FindDevicesResponse(acquaintances=[acquaintance])
    owners = [registry_pb.RelatedDevice(device_id=cloud.owner.device_id, level=_CONFIRMED)]
    visible = registry_pb.ListVisibleSharesRequest(viewer_device_id=viewer, owners=owners)
    return [
        Scenario(
            "shares",
            "/appshare.v1.SharingService/ListShares",
            pb.ListSharesRequest(owner=person),
            [(RADAR, find, found), (REGISTRY, visible, None)],
        ),
        Scenario(
            "friends",
            "/appshare.v1.FriendService/ListFriends",
            pb.ListFriendsRequest(),
            [(RADAR, radar_pb.ListFriendshipsRequest(device_id=viewer), None)],
        ),
        Scenario(
            "match",
            "/appshare.v1.DownloadService/MatchApp",
            pb.MatchAppRequest(owner=person, package_name=PACKAGE, profile=_PROFILE),
            [
                (RADAR, find, found),
                (
                    REGISTRY,
                    registry_pb.FindVisibleShareRequest(viewer_device_id=viewer, owners=owners, package_name=PACKAGE),
                    registry_pb.FindVisibleShareResponse(),
                ),
                (DOWNLOAD, download_pb.MatchRequest(package_name=PACKAGE, profile=_PROFILE), None),
            ],
        ),
    ]
