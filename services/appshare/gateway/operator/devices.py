"""The registered devices, as an operator may see them."""

from appshare.gateway.backends import RADAR, Backends
from appshare.gateway.deletion import Deletions
from appshare.gateway.doubts import Doubts
from appshare.process.clock import Clock
from appshare.rpc.call import remaining_time
from appshare.rpc.fields import require_text
from appshare.rpc.interceptor import Context
from appshare.v1 import operator_gateway_pb2 as pb
from appshare.v1 import operator_gateway_pb2_grpc
from appshare.v1.relation_radar_pb2 import CountRegisteredDevicesRequest


class DeviceAdministrationServicer(operator_gateway_pb2_grpc.DeviceAdministrationServiceServicer):
    """Serves `DeviceAdministrationService`."""

    def __init__(self, backends: Backends, doubts: Doubts, clock: Clock) -> None:
        self._radar = backends.radar
        self._deletions = Deletions(backends, doubts, clock)

    async def CountDevices(self, request: pb.CountDevicesRequest, context: Context) -> pb.CountDevicesResponse:
        """Counts the registered devices."""
        counted = await RADAR.unary(
            self._radar.CountRegisteredDevices, CountRegisteredDevicesRequest(), time_limit=remaining_time(context)
        )
        return pb.CountDevicesResponse(devices=counted.devices, numbers=counted.numbers)

    async def DeleteDevice(self, request: pb.DeleteDeviceRequest, context: Context) -> pb.DeleteDeviceResponse:
        """Removes a device, or all devices of its number: as if it asked for that itself."""
        device_id = require_text(request.device_id, "device_id")
        if request.with_number:
            receipt = await self._deletions.remove_all(device_id, context)
        else:
            receipt = await self._deletions.remove_device(device_id, device_id, context)
        return pb.DeleteDeviceResponse(receipt=receipt)
