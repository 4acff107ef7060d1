"""What a device has, whom it shows it to, and what it is shown by others."""

from collections.abc import Collection, Iterable, Mapping

from appshare import errors
from appshare.share_registry.model import (
    App,
    Audience,
    InventoryApp,
    Page,
    RelatedDevice,
    Share,
)
from appshare.share_registry.signals import Signals
from appshare.share_registry.store import RegistryChange, RegistryStore
from appshare.share_registry.visibility import audience_of, keyring, keys_admitted

_VERSION_BYTES = 16


class Registry:
    """Inventories and the shares among them.

    Args:
        max_apps: apps that an inventory may hold.
    """

    def __init__(self, store: RegistryStore, signals: Signals, max_apps: int) -> None:
        self._store = store
        self._signals = signals
        self._max_apps = max_apps

    async def replace_inventory(self, device_id: str, apps: Collection[App]) -> int:
        """Makes the apps the whole inventory of a device; returns how many there are now.

        An app that stays keeps its audience; a new one has the device's default audience.

        Raises:
            errors.ResourceExhaustedError: LIMIT_EXCEEDED.
        """
        with self._signals.changing(device_id):
            async with self._store.change(device_id) as change:
                await change.drop_other_apps(device_id, [app.package_name for app in apps])
                await change.put_apps(device_id, apps)
                count = await self._count_within_limit(change, device_id)
        return count

    async def change_inventory(self, device_id: str, upserted: Collection[App], removed: Collection[str]) -> int:
        """Adds, updates and removes apps of a device; returns how many there are now.

        Args:
            removed: package names; one that is not in the inventory is none to remove.

        Raises:
            errors.ResourceExhaustedError: LIMIT_EXCEEDED.
        """
        with self._signals.changing(device_id):
            async with self._store.change(device_id) as change:
                await change.drop_apps(device_id, removed)
                await change.put_apps(device_id, upserted)
                count = await self._count_within_limit(change, device_id)
        return count

    async def change_audiences(self, device_id: str, audiences: Mapping[str, Audience]) -> None:
        """Sets the audiences of apps by package name: all of them, or none when one is refused.

        Raises:
            errors.NotFoundError: APP_NOT_FOUND, when the inventory lacks one of the apps.
        """
        with self._signals.changing(device_id):
            async with self._store.change(device_id) as change:
                await require_apps(change, device_id, audiences)
                await change.replace_keys(device_id, {name: keys_admitted(each) for name, each in audiences.items()})

    async def default_audience(self, device_id: str) -> Audience:
        """The audience of new apps of a device; nobody until the device says otherwise."""
        return audience_of(await self._store.default_keys(device_id))

    async def change_default_audience(self, device_id: str, audience: Audience) -> None:
        """Sets the audience that new apps of a device get; those that are there keep theirs."""
        async with self._store.change(device_id) as change:
            await change.replace_default_keys(device_id, keys_admitted(audience))

    async def inventory(self, device_id: str, after: str, limit: int) -> Page[InventoryApp]:
        """A device's own apps with their audiences, by package name from behind `after`."""
        page = await self._store.apps(device_id, after, limit)
        return Page(tuple(InventoryApp(app, audience_of(keys)) for app, keys in page.items), page.more)

    async def visible_shares(
        self, viewer_id: str, owners: Iterable[RelatedDevice], after: tuple[str, str], limit: int
    ) -> Page[Share]:
        """What a viewer may see of owners, by owner and package name from behind the pair `after`."""
        return await self._store.shares(keyring(viewer_id, owners), after, limit)

    async def list_version(self, viewer_id: str, owners: Iterable[RelatedDevice]) -> str:
        """Names all that a viewer may see of owners: what is hidden from the viewer changes nothing about it.

        Who asks before it reads the list never holds a version that is newer than what it has read.

        Returns:
            A digest; empty when there is nothing to see.
        """
        digest = await self._store.shares_digest(keyring(viewer_id, owners))
        return digest[:_VERSION_BYTES].hex()

    async def find_visible_share(
        self, viewer_id: str, owners: Iterable[RelatedDevice], package_name: str
    ) -> Share | None:
        """The share of an app with the highest version code among those that a viewer may see."""
        return await self._store.newest_share(keyring(viewer_id, owners), package_name)

    async def visible_names(
        self, viewer_id: str, owners: Iterable[RelatedDevice], package_names: Collection[str]
    ) -> frozenset[str]:
        """Those of the package names of which a viewer may see a share."""
        return await self._store.opened_names(keyring(viewer_id, owners), package_names)

    async def _count_within_limit(self, change: RegistryChange, device_id: str) -> int:
        count = await change.count_apps(device_id)
        if count > self._max_apps:
            raise errors.ResourceExhaustedError(
                errors.Reason.LIMIT_EXCEEDED,
                f"an inventory holds at most {self._max_apps} apps, this would be {count}",
                limit="max_apps",
            )
        return count


async def require_apps(change: RegistryChange, device_id: str, package_names: Collection[str]) -> None:
    """Refuses package names that are not in a device's own inventory.

    Raises:
        errors.NotFoundError: APP_NOT_FOUND.
    """
    missing = frozenset(package_names) - await change.present_apps(device_id, package_names)
    if missing:
        raise errors.NotFoundError(
            errors.Reason.APP_NOT_FOUND, f"the inventory has no {min(missing)}; publish it before sharing it"
        )
