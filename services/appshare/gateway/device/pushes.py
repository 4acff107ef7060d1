"""What devices send each other: pushes, and receipts of installs."""

from collections.abc import Sequence

from appshare import errors
from appshare.gateway.authentication import calling_device
from appshare.gateway.backends import REGISTRY, Backends
from appshare.gateway.people import MAX_PEOPLE, as_owners, as_viewers, find_devices, find_devices_of_all, not_shared
from appshare.rpc.call import remaining_time
from appshare.rpc.fields import invalid_field, require_text
from appshare.rpc.interceptor import Context
from appshare.v1 import device_gateway_pb2 as pb
from appshare.v1 import share_registry_pb2 as registry_pb
from appshare.v1.error_reason_pb2 import ERROR_REASON_INVALID_PHONE_NUMBER
from appshare.v1.relation_radar_pb2 import PersonDevices
from appshare.v1.share_pb2 import PUSH_OUTCOME_ACCEPTED, PUSH_OUTCOME_REFUSED


class PushesServicer:
    """The RPCs by which a device sends something to others, and says from whom it takes something."""

    def __init__(self, backends: Backends) -> None:
        self._backends = backends
        self._registry = backends.registry

    async def PushShares(self, request: pb.PushSharesRequest, context: Context) -> pb.PushSharesResponse:
        """Pushes what the device shares to friends."""
        if not 0 < len(request.recipients) <= MAX_PEOPLE:
            raise invalid_field("recipients", f"name 1 to {MAX_PEOPLE} people")
        sender = calling_device()
        found = await find_devices_of_all(
            self._backends, sender, request.recipients, time_limit=remaining_time(context)
        )
        _require_readable(found)
        people = [as_viewers(each.acquaintances) for each in found]
        viewers = {each.device_id: each for person in people for each in person}
        delivered = await REGISTRY.unary(
            self._registry.DeliverPush,
            registry_pb.DeliverPushRequest(
                sender_device_id=sender,
                recipients=viewers.values(),
                package_names=request.package_names,
                note=request.note,
                request_id=request.request_id,
            ),
            time_limit=remaining_time(context),
        )
        outcomes = dict(zip(viewers, delivered.outcomes, strict=True))
        return pb.PushSharesResponse(
            outcomes=[
                # A person has it when one of their devices has it.
                PUSH_OUTCOME_ACCEPTED
                if any(outcomes[each.device_id] == PUSH_OUTCOME_ACCEPTED for each in person)
                else PUSH_OUTCOME_REFUSED
                for person in people
            ],
            push_id=delivered.push_id,
        )

    async def RecallPush(self, request: pb.RecallPushRequest, context: Context) -> pb.RecallPushResponse:
        """Takes a push back from those who have not received it."""
        withdraw = registry_pb.WithdrawPushRequest(
            sender_device_id=calling_device(), push_id=require_text(request.push_id, "push_id")
        )
        await REGISTRY.unary(self._registry.WithdrawPush, withdraw, time_limit=remaining_time(context))
        return pb.RecallPushResponse()

    async def ReportInstall(self, request: pb.ReportInstallRequest, context: Context) -> pb.ReportInstallResponse:
        """Tells an owner that the device has installed a shared app."""
        viewer = calling_device()
        require_text(request.package_name, "package_name")
        found = await find_devices(self._backends, viewer, request.owner, "owner", time_limit=remaining_time(context))
        install = registry_pb.RecordInstallRequest(
            viewer_device_id=viewer,
            owners=as_owners(found),
            package_name=request.package_name,
            version_code=request.version_code,
        )
        answer = await REGISTRY.unary(self._registry.RecordInstall, install, time_limit=remaining_time(context))
        if not answer.recorded:
            raise not_shared()
        return pb.ReportInstallResponse()

    async def GetPushPreference(
        self, request: pb.GetPushPreferenceRequest, context: Context
    ) -> pb.GetPushPreferenceResponse:
        """Reads from whom the device accepts pushes."""
        read = await REGISTRY.unary(
            self._registry.ReadPushPreference,
            registry_pb.ReadPushPreferenceRequest(device_id=calling_device()),
            time_limit=remaining_time(context),
        )
        return pb.GetPushPreferenceResponse(preference=read.preference)

    async def SetPushPreference(
        self, request: pb.SetPushPreferenceRequest, context: Context
    ) -> pb.SetPushPreferenceResponse:
        """Says from whom the device accepts pushes."""
        await REGISTRY.unary(
            self._registry.WritePushPreference,
            registry_pb.WritePushPreferenceRequest(device_id=calling_device(), preference=request.preference),
            time_limit=remaining_time(context),
        )
        return pb.SetPushPreferenceResponse()


def _require_readable(found: Sequence[PersonDevices]) -> None:
    """Refuses a push of which a recipient cannot be understood: nobody gets it."""
    for index, each in enumerate(found):
        if each.error == ERROR_REASON_INVALID_PHONE_NUMBER:
            raise errors.InvalidArgumentError(
                errors.Reason.INVALID_PHONE_NUMBER,
                "not a phone number; write it with its country code, for example +86 138 0013 8000",
                field=f"recipients[{index}].number",
            )
        if each.error:
            raise invalid_field(f"recipients[{index}]", "say who: a number, a contact or a device")
