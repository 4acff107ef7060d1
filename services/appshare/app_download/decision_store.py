"""What AppDownload needs of a store for the operator's decisions; implementations pass the same contract tests."""

from collections.abc import Sequence
from typing import Protocol

from appshare.app_download.app_decisions import AppDecisions
from appshare.app_download.fitting.operator_rows import OperatorRow
from appshare.app_download.signer_pin import SignerPin


class DecisionStore(Protocol):
    """Signer pins, lowest versions, and the operator's rows of the adaptation table.

    Lists come by package name; of one app, or of all when `package_name` is empty.

    Every method raises `errors.UnavailableError` (STORAGE_UNAVAILABLE) when the storage cannot be used, and then has
    changed nothing. What a method has changed is durable when it returns.
    """

    async def decisions_of(self, package_name: str) -> AppDecisions:
        """All that is decided about an app, as it was at one moment."""

    async def pins(self, package_name: str, after: str, size: int) -> list[tuple[str, SignerPin]]:
        """Pins with their apps, of names behind `after`."""

    async def set_pin(self, package_name: str, pin: SignerPin | None) -> bool:
        """Pins an app, or with None forgets its pin; whether anything has changed."""

    async def floors(self, package_name: str, after: str, size: int) -> list[tuple[str, int]]:
        """Lowest versions with their apps, of names behind `after`."""

    async def set_floor(self, package_name: str, version_code: int) -> None:
        """Sets the lowest version of an app; 0 removes it."""

    async def rows(self, package_name: str, after: tuple[str, int], size: int) -> list[OperatorRow]:
        """Rows by app and position, behind a name and a position."""

    async def app_of_row(self, row_id: str) -> str | None:
        """The app of a row."""

    async def set_rows(self, package_name: str, rows: Sequence[OperatorRow]) -> None:
        """Puts these rows, in their order, in place of those of an app; positions are given anew."""
