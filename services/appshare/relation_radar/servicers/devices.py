"""The wire of the devices of a person."""

from dataclasses import asdict

from appshare.relation_radar.devices import Devices
from appshare.relation_radar.model import Deletion, RegisteredDevice
from appshare.rpc.interceptor import Context
from appshare.rpc.timestamps import timestamp
from appshare.v1 import deletion_pb2
from appshare.v1 import relation_radar_pb2 as pb


class DeviceServicer:
    """The RPCs by which a person looks after their devices."""

    def __init__(self, devices: Devices) -> None:
        self._devices = devices

    async def CheckDevice(self, request: pb.CheckDeviceRequest, context: Context) -> pb.CheckDeviceResponse:
        """Says that a device is registered still."""
        await self._devices.require(request.device_id)
        return pb.CheckDeviceResponse()

    async def ListDevicesOfNumber(
        self, request: pb.ListDevicesOfNumberRequest, context: Context
    ) -> pb.ListDevicesOfNumberResponse:
        """Lists the devices of the asking device's number."""
        devices = await self._devices.of_same_number(request.device_id)
        return pb.ListDevicesOfNumberResponse(devices=map(_registered_device, devices))

    async def CountRegisteredDevices(
        self, request: pb.CountRegisteredDevicesRequest, context: Context
    ) -> pb.CountRegisteredDevicesResponse:
        """Counts what is registered."""
        devices, numbers = await self._devices.count()
        return pb.CountRegisteredDevicesResponse(devices=devices, numbers=numbers)

    async def PurgeDevice(self, request: pb.PurgeDeviceRequest, context: Context) -> pb.PurgeDeviceResponse:
        """Deletes a device of the asking device's number."""
        deletion = await self._devices.purge(request.device_id, request.purged_device_id)
        return pb.PurgeDeviceResponse(deletion=_deletion(deletion))

    async def PurgeNumber(self, request: pb.PurgeNumberRequest, context: Context) -> pb.PurgeNumberResponse:
        """Deletes all that is kept of the asking device's number."""
        deletion = await self._devices.purge_number(request.device_id)
        return pb.PurgeNumberResponse(deletion=_deletion(deletion))


def _registered_device(device: RegisteredDevice) -> pb.RegisteredDevice:
    return pb.RegisteredDevice(
        device_id=device.device_id,
        register_time=timestamp(device.register_time),
        last_seen_time=None if device.last_seen_time is None else timestamp(device.last_seen_time),
    )


def _deletion(deletion: Deletion) -> deletion_pb2.RadarDeletion:
    return deletion_pb2.RadarDeletion(**asdict(deletion))
