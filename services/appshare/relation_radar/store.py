"""What RelationRadar needs of a store; every implementation passes the same contract tests."""

from collections.abc import Collection, Sequence
from typing import Protocol

from appshare.relation_radar.model import Book, BookEntry, Device, NumberKey, Registration, Session


class RadarStore(Protocol):
    """Devices, books, registrations and sessions.

    Every method raises `errors.UnavailableError` (STORAGE_UNAVAILABLE) when the storage cannot be used, and then has
    changed nothing. What a method has changed is durable when it returns.
    """

    # Registrations

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

    async def complete_registration(self, registration: Registration, device_id: str, session: Session) -> bool:
        """Makes the registration a device with a session; False when it was completed before."""

    # Sessions

    async def find_session(self, session_id: str) -> Session | None:
        """The session, or None when it never was or has ended."""

    async def update_session(self, session: Session, replaced_digest: bytes) -> bool:
        """Stores a rotated session; False when its current digest is not `replaced_digest` any more."""

    async def end_session(self, session_id: str) -> None:
        """Ends a session."""

    # Devices and books

    async def find_device(self, device_id: str) -> Device | None:
        """The device with the id."""

    async def devices_with_numbers(self, numbers: Collection[NumberKey]) -> list[Device]:
        """The devices registered with one of the numbers, by device id."""

    async def devices_with_ids(self, device_ids: Collection[str]) -> list[Device]:
        """The devices with the ids, by device id."""

    async def replace_book(self, device: Device, entries: Sequence[BookEntry], max_contacts: int) -> tuple[int, int]:
        """Stores a whole book; returns its new version and its number of contacts.

        Raises:
            errors.ResourceExhaustedError: LIMIT_EXCEEDED, when it has more than `max_contacts` contacts.
        """

    async def change_book(
        self,
        device: Device,
        base_version: int,
        dropped_contact_ids: Collection[int],
        entries: Sequence[BookEntry],
        max_contacts: int,
    ) -> tuple[int, int]:
        """Drops contacts, then adds entries; returns the book's new version and its number of contacts.

        Raises:
            errors.AbortedError: STALE_BOOK_VERSION, when the book is not at `base_version`.
            errors.ResourceExhaustedError: LIMIT_EXCEEDED, when it would have more than `max_contacts` contacts.
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
