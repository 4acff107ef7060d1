"""What RelationRadar needs of a store; every implementation passes the same contract tests.

Every method raises `errors.UnavailableError` (STORAGE_UNAVAILABLE) when the storage cannot be used, and then has
changed nothing. What a method has changed is durable when it returns.
"""

from collections.abc import Collection, Sequence
from typing import Protocol

from appshare.relation_radar.model import (
    Book,
    BookEntry,
    ContactQuota,
    Deletion,
    Device,
    DeviceLimit,
    NumberKey,
    RegisteredDevice,
    Registration,
    Session,
)


class RegistrationStore(Protocol):
    """Registrations and the sessions that come of them."""

    async def add_registration(
        self, registration: Registration, request_id: str | None, now: float, codes_per_hour: int
    ) -> Registration:
        """Stores a registration, or returns the one that was started for its number with the same request id.

        Registrations that have expired are forgotten; they count for the number's hour all the same.

        Raises:
            errors.ResourceExhaustedError: LIMIT_EXCEEDED, when the number had `codes_per_hour` of them in an hour.
        """

    async def withdraw_registration(self, registration_id: str) -> None:
        """Forgets a registration whose code was perhaps not sent; it counts for the number's hour all the same."""

    async def count_attempt(self, registration_id: str) -> Registration | None:
        """Counts an attempt to verify and returns the registration with it; None when there is none."""

    async def complete_registration(
        self, registration: Registration, device_id: str, session: Session, limit: DeviceLimit | None = None
    ) -> Session | None:
        """Makes the registration a device with a session; returns that of the device that it is, now or already.

        Args:
            limit: None when the number may have any number of devices.

        Returns:
            None when there is no registration any more, or no session of its device.

        Raises:
            errors.ResourceExhaustedError: LIMIT_EXCEEDED, when the number has as many devices as it may have.
        """

    async def find_session(self, session_id: str) -> Session | None:
        """The session, or None when it never was or has ended."""

    async def update_session(self, session: Session, replaced_digest: bytes) -> bool:
        """Stores a rotated session; False when its current digest is not `replaced_digest` any more."""

    async def end_session(self, session_id: str) -> None:
        """Ends a session."""


class DeviceStore(Protocol):
    """Registered devices."""

    async def find_device(self, device_id: str) -> Device | None:
        """The device with the id."""

    async def count_devices(self) -> tuple[int, int]:
        """How many devices there are, and how many numbers they have."""

    async def devices_of_number(self, number: NumberKey) -> list[RegisteredDevice]:
        """The devices registered with the number, the newest first."""

    async def devices_with_numbers(self, numbers: Collection[NumberKey]) -> list[Device]:
        """The devices registered with one of the numbers, by device id."""

    async def devices_with_ids(self, device_ids: Collection[str]) -> list[Device]:
        """The devices with the ids, by device id."""

    async def purge_device(self, device: Device) -> Deletion | None:
        """Deletes a device and all that is kept of it; with the last of a number, all that is kept of the number.

        What others have of the device or its number stays theirs: contacts, blocks, and what they were told of a
        friendship. What is deleted nobody reads any more; how soon it is nowhere on the disk, the engine decides.

        Returns:
            None when the device is not registered any more.
        """


class BookStore(Protocol):
    """Contact books, and who is found by them."""

    async def replace_book(
        self, device: Device, entries: Sequence[BookEntry], max_contacts: int, quota: ContactQuota | None = None
    ) -> tuple[int, int]:
        """Stores a whole book; returns its new version and its number of contacts.

        Raises:
            errors.NotFoundError: DEVICE_NOT_FOUND, when the device is not registered any more.
            errors.ResourceExhaustedError: LIMIT_EXCEEDED, when it has more than `max_contacts` contacts, or brings more
                numbers than the quota lets in.
        """

    async def change_book(
        self,
        device: Device,
        base_version: int,
        dropped_contact_ids: Collection[int],
        entries: Sequence[BookEntry],
        max_contacts: int,
        quota: ContactQuota | None = None,
    ) -> tuple[int, int]:
        """Drops contacts, then adds entries; returns the book's new version and its number of contacts.

        Raises:
            errors.AbortedError: STALE_BOOK_VERSION, when the book is not at `base_version`.
            errors.NotFoundError: DEVICE_NOT_FOUND, when the device is not registered any more.
            errors.ResourceExhaustedError: LIMIT_EXCEEDED, when it would have more than `max_contacts` contacts, or
                brings more numbers than the quota lets in.
        """

    async def book(self, device: Device) -> Book:
        """The book of a device."""

    async def books(self, devices: Sequence[Device]) -> list[Book]:
        """The books of devices, in their order."""

    async def numbers_of_contact(self, device: Device, contact_id: int) -> list[NumberKey]:
        """The numbers of one contact of a device's book."""

    async def hubs(self, numbers: Collection[NumberKey], limit: int) -> frozenset[NumberKey]:
        """Those of the numbers that stand in more than `limit` books."""

    async def devices_listing(self, device: Device, at_most: int) -> list[Device]:
        """Other devices that list the device's number, `at_most` of them.

        Those that the device lists too come first, then it goes by device id, in the order of code points; where there
        are more than `at_most`, which of the others it is, is the store's choice. A device lists its own number.
        """

    async def devices_sharing(self, device: Device, at_least: int, hub_limit: int, at_most: int) -> list[Device]:
        """Other devices that list `at_least` numbers, no hubs, that the device lists too, `at_most` of them.

        Those that list each other's numbers come first, then it goes by device id, in the order of code points. A
        device lists its own number.
        """


class RadarStore(RegistrationStore, DeviceStore, BookStore, Protocol):
    """All of RelationRadar's data: what refers to one another is kept together."""
