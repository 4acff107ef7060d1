"""Deletion of devices for good."""

from collections.abc import Collection

from appshare.share_registry.model import Deletion
from appshare.share_registry.signals import Signals
from appshare.share_registry.store import RegistryStore
from appshare.share_registry.visibility import key_of_device


class Deletions:
    """Deletes devices, also where they stand in what others keep."""

    def __init__(self, store: RegistryStore, signals: Signals) -> None:
        self._store = store
        self._signals = signals

    async def delete(self, device_ids: Collection[str]) -> Deletion:
        """Deletes all that is kept of devices; of one that there is nothing of, nothing.

        An audience of selected devices stays one when the last of them is deleted: nobody sees the app.
        """
        deletion = await self._store.delete_devices(device_ids, [key_of_device(each) for each in device_ids])
        for device_id in device_ids:
            self._signals.changed(device_id)
        self._signals.deleted(device_ids)
        return deletion
