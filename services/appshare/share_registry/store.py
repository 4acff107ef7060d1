"""What ShareRegistry needs of a store; every implementation passes the same contract tests."""

from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from appshare.share_registry.model import (
    App,
    Deletion,
    InboxLimits,
    InboxPage,
    Install,
    Key,
    Keyring,
    Level,
    NameSearch,
    Page,
    Push,
    PushPreference,
    PushQuota,
    PushReceipt,
    PushStance,
    Share,
    WaitingEvents,
)


class RegistryStore(Protocol):
    """Apps with the keys that they admit, push preferences, pushes and inboxes.

    Every method raises `errors.UnavailableError` (STORAGE_UNAVAILABLE) when the storage cannot be used.
    """

    def change(self, *device_ids: str) -> AbstractAsyncContextManager["RegistryChange"]:
        """A change is durable when its context ends, and never was when that raises.

        Changes of the same device follow one another. So do, from where they meet, changes of the events of one inbox,
        whose positions come without gaps and are seen in order.

        Args:
            device_ids: of whose apps, quota and receipts the change is, and who installs. Others' apps and preferences
                can be read and their inboxes changed by it; an inbox that a change only reads and empties needs none.
        """

    async def apps(self, device_id: str, after: str, limit: int) -> Page[tuple[App, frozenset[Key]]]:
        """The apps of a device with the keys that they admit, by package name from behind `after`."""

    async def default_keys(self, device_id: str) -> frozenset[Key]:
        """The keys that new apps of a device admit."""

    async def shares(self, keyring: Keyring, after: tuple[str, str], limit: int) -> Page[Share]:
        """The apps that the keys open, by owner and package name from behind the pair `after`."""

    async def shares_digest(self, keyring: Keyring) -> bytes:
        """A digest of all apps that the keys open, whichever of them does it; empty when there is none."""

    async def newest_share(self, keyring: Keyring, package_name: str) -> Share | None:
        """The app that the keys open with the highest version code, of the first owner that has it."""

    async def shared_names(
        self, keyring: Keyring, search: str, after: tuple[str, str], limit: int
    ) -> list[tuple[str, str]]:
        """Package names and platforms of apps that the keys open, each pair once, in order from behind `after`.

        Args:
            search: casefolded; only of apps that have it in their casefolded label or package name.
        """

    async def found_names(self, keyring: Keyring, wanted: NameSearch, limit: int) -> list[str]:
        """Package names of apps that the keys open and a search is for, each once, in order."""

    def shares_named(self, keyring: Keyring, package_names: Collection[str]) -> AsyncIterator[Share]:
        """Those of the apps that the keys open which have one of the package names, by owner."""

    async def opened_names(self, keyring: Keyring, package_names: Collection[str]) -> frozenset[str]:
        """Those of the package names of which the keys open an app."""

    async def push_preference(self, device_id: str) -> PushPreference | None:
        """The push preference of a device; None when it has not said any."""

    async def head(self, device_id: str) -> int:
        """The position of the newest event that an inbox has ever had; 0 when there has been none."""

    async def inbox_page(
        self, device_id: str, keys: Mapping[Level, frozenset[Key]], after: int, limit: int, share_limit: int
    ) -> InboxPage:
        """The events behind a position, with those of their apps that the keys for the event's level open.

        It looks at `limit` events at most. It ends before the event with which it would have more than `share_limit`
        shares; its first event with any is whole also when that one alone has more.
        """

    async def waiting_events(self) -> WaitingEvents:
        """What waits in all inboxes together. It looks at every event: for now and then."""

    async def inboxes_with_events(self, before: float, after: str, limit: int) -> list[str]:
        """Devices, by id from behind `after`, of which an event is from before a time."""

    async def delete_devices(self, device_ids: Collection[str], keys: Collection[Key]) -> Deletion:
        """Deletes all that is kept of devices, and the keys that name them from what others admit.

        It is gone from the storage when this returns, or soon after where something still reads it.
        """


class RegistryChange(Protocol):
    """What can be read and written inside one change; nobody else changes meanwhile what it reads of its devices."""

    # Apps

    async def put_apps(self, device_id: str, apps: Collection[App]) -> None:
        """Adds apps, admitting the device's default keys, and updates those that are there, which keep their keys."""

    async def drop_apps(self, device_id: str, package_names: Collection[str]) -> None:
        """Removes apps with their keys; one that is not there is none to remove."""

    async def drop_other_apps(self, device_id: str, package_names: Collection[str]) -> None:
        """Removes all apps but those named."""

    async def count_apps(self, device_id: str) -> int:
        """How many apps a device has."""

    async def present_apps(self, device_id: str, package_names: Collection[str]) -> frozenset[str]:
        """Those of the package names that the device has."""

    async def replace_keys(self, device_id: str, keys: Mapping[str, frozenset[Key]]) -> None:
        """Sets the keys that apps admit, by package name; all of them must be there."""

    async def replace_default_keys(self, device_id: str, keys: frozenset[Key]) -> None:
        """Sets the keys that new apps of a device admit."""

    async def admitted_keys(self, device_id: str, package_names: Collection[str]) -> frozenset[Key]:
        """The keys of which each opens at least one of the apps named, or of all apps when none is named."""

    async def owners_sharing(self, keyring: Keyring, package_name: str) -> frozenset[str]:
        """The owners of whom the keys open the app."""

    # Pushes

    async def replace_push_preference(self, device_id: str, preference: PushPreference) -> None:
        """Sets the push preference of a device."""

    async def push_stances(self, sender_id: str, device_ids: Collection[str]) -> Mapping[str, PushStance]:
        """The preferences towards a sender, by device id; without the devices that have not said any."""

    async def push_quota(self, sender_id: str) -> PushQuota | None:
        """What was counted last for a sender."""

    async def replace_push_quota(self, sender_id: str, quota: PushQuota) -> None:
        """Counts for a sender."""

    async def add_push(
        self, push_id: str, push: Push, recipients: Mapping[str, Level], now: float, limits: InboxLimits
    ) -> None:
        """Puts a push into inboxes, each at its next position, with the level for the recipient's device id.

        It takes the place of a push of the same apps by the same sender, and of whatever is beyond the limits.
        """

    async def remove_push(self, sender_id: str, push_id: str) -> None:
        """Removes a push of the sender from all inboxes."""

    async def push_receipt(self, sender_id: str, request_id: str) -> PushReceipt | None:
        """The receipt of a sender's push with the request id."""

    async def add_push_receipt(self, sender_id: str, request_id: str, receipt: PushReceipt, now: float) -> None:
        """Stores the receipt of a sender's push with the request id."""

    async def forget_push_receipts(self, before: float) -> None:
        """Removes the receipts from before that time."""

    # Inboxes

    async def add_install(
        self, owner_ids: Collection[str], install: Install, now: float, limits: InboxLimits
    ) -> frozenset[str]:
        """Puts an install of an app that they have into the inboxes of owners; returns those that get it.

        An owner that was told of this version or a higher one before is not told again. Otherwise as `add_push`.
        """

    async def head(self, device_id: str) -> int:
        """The position of the newest event that an inbox has ever had; 0 when there has been none."""

    async def remove_events(self, device_id: str, through: int) -> None:
        """Removes the events up to a position, and pushes that no inbox has any more."""

    async def trim_inboxes(self, device_ids: Collection[str], before: float, now: float) -> None:
        """Puts a gap in the place of the oldest events of inboxes, up to the first that is not from before a time."""
