"""Devices are removed with all that is kept of them, by every service that keeps something."""

import secrets
from collections.abc import Sequence

import structlog
from google.protobuf.timestamp_pb2 import Timestamp

from appshare import errors
from appshare.gateway.backends import RADAR, REGISTRY, Backends
from appshare.gateway.doubts import Doubts
from appshare.process.clock import Clock
from appshare.rpc.call import remaining_time
from appshare.rpc.interceptor import Context
from appshare.v1 import relation_radar_pb2 as radar_pb
from appshare.v1.deletion_pb2 import DeletionReceipt, RadarDeletion, RegistryDeletion
from appshare.v1.share_registry_pb2 import PurgeDevicesRequest

_AT_ONCE = 100
"""Devices that ShareRegistry takes in one request."""

_log = structlog.get_logger(__name__)


class Deletions:
    """Removes devices from ShareRegistry first, then from RelationRadar, whose word makes their tokens void.

    So a deletion that failed half-way can be asked for again by the same device.
    """

    def __init__(self, backends: Backends, doubts: Doubts, clock: Clock) -> None:
        self._doubts = doubts
        self._radar = backends.radar
        self._registry = backends.registry
        self._clock = clock

    async def remove_device(self, asking_id: str, device_id: str, context: Context) -> DeletionReceipt:
        """Removes a device of the asking device's number.

        Raises:
            errors.NotFoundError: DEVICE_NOT_FOUND; nothing was removed.
        """
        if device_id not in await self._devices_of_number(asking_id, context):
            raise errors.NotFoundError(errors.Reason.DEVICE_NOT_FOUND, "no device of your number has this id")
        registry = await self._purge_registry([device_id], context)
        purged = await RADAR.unary(
            self._radar.PurgeDevice,
            radar_pb.PurgeDeviceRequest(device_id=asking_id, purged_device_id=device_id),
            time_limit=remaining_time(context),
        )
        return await self._complete([device_id], purged.deletion, registry, context)

    async def remove_all(self, asking_id: str, context: Context) -> DeletionReceipt:
        """Removes all devices of the asking device's number, and what is kept of the number."""
        device_ids = await self._devices_of_number(asking_id, context)
        registry = await self._purge_registry(device_ids, context)
        purged = await RADAR.unary(
            self._radar.PurgeNumber,
            radar_pb.PurgeNumberRequest(device_id=asking_id),
            time_limit=remaining_time(context),
        )
        return await self._complete(device_ids, purged.deletion, registry, context)

    async def _devices_of_number(self, asking_id: str, context: Context) -> list[str]:
        request = radar_pb.ListDevicesOfNumberRequest(device_id=asking_id)
        listed = await RADAR.unary(self._radar.ListDevicesOfNumber, request, time_limit=remaining_time(context))
        return [device.device_id for device in listed.devices]

    async def _purge_registry(self, device_ids: Sequence[str], context: Context) -> RegistryDeletion:
        total = RegistryDeletion()
        for start in range(0, len(device_ids), _AT_ONCE):
            request = PurgeDevicesRequest(device_ids=device_ids[start : start + _AT_ONCE])
            purged = await REGISTRY.unary(self._registry.PurgeDevices, request, time_limit=remaining_time(context))
            total.apps += purged.deletion.apps
            total.inbox_events += purged.deletion.inbox_events
            total.events_sent += purged.deletion.events_sent
            total.settings += purged.deletion.settings
        return total

    async def _complete(
        self, device_ids: Sequence[str], radar: RadarDeletion, registry: RegistryDeletion, context: Context
    ) -> DeletionReceipt:
        """Purges what calls that were under way may have written meanwhile, now that no other gets in."""
        self._doubts.about(device_ids)
        receipt = DeletionReceipt(
            receipt_id=secrets.token_hex(16),
            delete_time=Timestamp(seconds=int(self._clock())),
            radar=radar,
            registry=registry,
        )
        try:
            await self._purge_registry(device_ids, context)
        except (errors.UnavailableError, errors.DeadlineExceededError) as error:
            # The devices are gone and cannot ask again: they get their receipt.
            _log.warning("deletion", receipt_id=receipt.receipt_id, second_purge=str(error.reason))
        else:
            _log.info("deletion", receipt_id=receipt.receipt_id, devices=len(device_ids))
        return receipt
