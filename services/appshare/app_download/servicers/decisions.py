"""The wire of the operator's decisions: signer pins and lowest versions."""

from appshare.app_download.decision_wire import read_signer, read_version_code, write_pin
from appshare.app_download.decisions import Decisions
from appshare.app_download.wire import LONGEST_NAME
from appshare.rpc import paging
from appshare.rpc.fields import require_length, require_printable, require_text
from appshare.rpc.interceptor import Context
from appshare.v1 import app_download_pb2 as pb
from appshare.v1 import package_decision_pb2


class DecisionServicer:
    """The RPCs by which an operator decides whose packages of an app are good, and from which version on."""

    def __init__(self, decisions: Decisions) -> None:
        self._decisions = decisions

    async def ReadSignerPins(self, request: pb.ReadSignerPinsRequest, context: Context) -> pb.ReadSignerPinsResponse:
        """Lists whose signature each app is pinned to."""
        after, size = _page(request)
        found = await self._decisions.pins(request.package_name, after, size + 1)
        page = found[:size]
        token = paging.encode_token(page[-1][0]) if len(found) > size else ""
        return pb.ReadSignerPinsResponse(pins=[write_pin(*each) for each in page], next_page_token=token)

    async def WriteSignerPin(self, request: pb.WriteSignerPinRequest, context: Context) -> pb.WriteSignerPinResponse:
        """Pins an app to a signer."""
        package_name = app_name(request.package_name, "package_name")
        signer = read_signer(request.signer_sha256) if request.signer_sha256 else ""
        pin, not_accepted = await self._decisions.pin(package_name, signer)
        return pb.WriteSignerPinResponse(pin=write_pin(package_name, pin), packages_not_accepted=not_accepted)

    async def DeleteSignerPin(self, request: pb.DeleteSignerPinRequest, context: Context) -> pb.DeleteSignerPinResponse:
        """Forgets whose signature an app is pinned to."""
        await self._decisions.unpin(app_name(request.package_name, "package_name"))
        return pb.DeleteSignerPinResponse()

    async def ReadVersionFloors(
        self, request: pb.ReadVersionFloorsRequest, context: Context
    ) -> pb.ReadVersionFloorsResponse:
        """Lists the apps with a lowest version."""
        after, size = _page(request)
        found = await self._decisions.floors(request.package_name, after, size + 1)
        page = found[:size]
        token = paging.encode_token(page[-1][0]) if len(found) > size else ""
        floors = [package_decision_pb2.VersionFloor(package_name=name, version_code=code) for name, code in page]
        return pb.ReadVersionFloorsResponse(floors=floors, next_page_token=token)

    async def WriteVersionFloor(
        self, request: pb.WriteVersionFloorRequest, context: Context
    ) -> pb.WriteVersionFloorResponse:
        """Sets or removes the lowest version of an app."""
        package_name = app_name(request.package_name, "package_name")
        version_code = read_version_code(request.version_code, "version_code")
        below = await self._decisions.set_floor(package_name, version_code)
        return pb.WriteVersionFloorResponse(packages_below=below)


def app_name(text: str, field: str) -> str:
    """The app that a request decides about."""
    return require_printable(require_length(require_text(text, field), field, LONGEST_NAME), field)


def _page(request: pb.ReadSignerPinsRequest | pb.ReadVersionFloorsRequest) -> tuple[str, int]:
    """Behind which app the page starts, and how many items it has."""
    (after,) = paging.decode_token(request.page_token, str) or ("",)
    return str(after), paging.page_size(request.page_size)
