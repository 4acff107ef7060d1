"""A phone that shares an app, and a friend that may download it, on a running cloud."""

from dataclasses import dataclass

from demo.server_process import ServerProcess

from appshare.device_agent.client import DeviceClient
from appshare.device_agent.model import App, Audience, AudienceKind, ByNumber, Contact
from appshare.v1 import device_gateway_pb2 as pb
from appshare.v1.device_pb2 import PLATFORM_ANDROID, DeviceProfile
from appshare.v1.friendship_pb2 import PersonRef

OWNER, VIEWER = "+8613800138001", "+8613800138002"
APP = "org.appshare.benchmark"

DOWNLOAD = "/appshare.v1.DownloadService/DownloadApp"
LIST = "/appshare.v1.SharingService/ListShares"


@dataclass(frozen=True)
class Friends:
    """What the friend needs to call as itself: its token, and its requests in hexadecimal."""

    token: str
    download: str
    shares: pb.ListSharesRequest


async def befriend(server: ServerProcess) -> Friends:
    """Registers both, each in the other's book, and shares the app."""
    async with DeviceClient(server.devices) as owner, DeviceClient(server.devices) as viewer:
        for client, number, other in ((owner, OWNER, VIEWER), (viewer, VIEWER, OWNER)):
            registration = await client.register(number)
            session = await client.verify_number(
                registration.registration_id, server.code(registration.registration_id)
            )
            await client.replace_contacts([Contact(1, (other,))])
        await owner.publish_apps([App(APP, "Benchmark", "1", 1)])
        await owner.set_audiences({APP: Audience(AudienceKind.FRIENDS)})
        await viewer.shares(ByNumber(OWNER))
    person = PersonRef(number=OWNER)
    profile = DeviceProfile(platform=PLATFORM_ANDROID, sdk_version=34, supported_abis=["arm64-v8a"])
    download = pb.DownloadAppRequest(owner=person, package_name=APP, profile=profile)
    return Friends(session.access_token, download.SerializeToString().hex(), pb.ListSharesRequest(owner=person))
