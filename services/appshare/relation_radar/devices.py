"""The devices of a person, and how they are deleted."""

from collections.abc import Awaitable, Callable

from appshare import errors
from appshare.relation_radar.friendship_signals import nobody_watches
from appshare.relation_radar.model import Deletion, Device, RegisteredDevice
from appshare.relation_radar.refusals import device_not_registered
from appshare.relation_radar.store import DeviceStore


class Devices:
    """Says which devices a person has, and deletes them.

    Args:
        deleted: told the id of each device that was deleted.
    """

    def __init__(self, store: DeviceStore, deleted: Callable[[str], Awaitable[None]] = nobody_watches) -> None:
        self._store = store
        self._deleted = deleted

    async def require(self, device_id: str) -> Device:
        """The device, when it is registered.

        Raises:
            errors.NotFoundError: DEVICE_NOT_FOUND.
        """
        device = await self._store.find_device(device_id)
        if device is None:
            raise device_not_registered()
        return device

    async def of_same_number(self, device_id: str) -> list[RegisteredDevice]:
        """The devices of the asking device's number, itself among them, the newest first.

        Raises:
            errors.NotFoundError: DEVICE_NOT_FOUND.
        """
        device = await self.require(device_id)
        return await self._store.devices_of_number(device.number_key)

    async def count(self) -> tuple[int, int]:
        """How many devices are registered, and with how many numbers."""
        return await self._store.count_devices()

    async def purge(self, device_id: str, purged_id: str) -> Deletion:
        """Deletes a device of the asking device's number, which may be itself.

        A call that comes again because its answer was lost finds the device gone, and changes nothing.

        Raises:
            errors.NotFoundError: DEVICE_NOT_FOUND, for the asking device or when its number has no such device.
        """
        device = await self.require(device_id)
        purged = await self._store.find_device(purged_id)
        deletion = None
        if purged is not None and purged.number_key == device.number_key:
            deletion = await self._purge(purged)
        if deletion is None:
            raise errors.NotFoundError(errors.Reason.DEVICE_NOT_FOUND, "no device of your number has this id")
        return deletion

    async def purge_number(self, device_id: str) -> Deletion:
        """Deletes all devices of the asking device's number and all that is kept of the number.

        The asking device is the last to go: after an error it can ask again.

        Raises:
            errors.NotFoundError: DEVICE_NOT_FOUND.
        """
        device = await self.require(device_id)
        deletion = Deletion()
        same_number = await self._store.devices_with_numbers([device.number_key])
        for each in sorted(same_number, key=lambda each: each.key == device.key):
            deletion += await self._purge(each) or Deletion()
        return deletion

    async def _purge(self, device: Device) -> Deletion | None:
        """Deletes a device and tells of it; None when another call was faster."""
        deletion = await self._store.purge_device(device)
        if deletion is not None:
            await self._deleted(device.device_id)
        return deletion
