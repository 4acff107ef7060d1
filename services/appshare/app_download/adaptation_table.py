"""The operator's rows of the adaptation table: added, moved and removed, each with why it decides nothing if so."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace

from appshare import errors
from appshare.app_download.catalogue import Catalogue
from appshare.app_download.decision_store import DecisionStore
from appshare.app_download.fitting.operator_rows import OperatorRow
from appshare.app_download.idle_rows import why_idle
from appshare.app_download.leases import ADAPTATIONS, Leases, LocalLeases

ROWS_PER_APP = 200
"""The most that an app can have: each is looked at in every match of the app."""

_ID_BYTES = 6


@dataclass(frozen=True, slots=True)
class ListedRow:
    """A row, and why it decides nothing; empty: it does."""

    row: OperatorRow
    idle: str


class AdaptationTable:
    """The rows of all apps."""

    def __init__(self, store: DecisionStore, catalogue: Catalogue, leases: Leases | None = None) -> None:
        self._store = store
        self._catalogue = catalogue
        self._leases = leases or LocalLeases()

    async def page(self, package_name: str, after: tuple[str, int], size: int) -> list[ListedRow]:
        """Rows by app and position, behind a name and a position; of one app, or of all when the name is empty."""
        page = await self._store.rows(package_name, after, size)
        reasons: dict[str, str] = {}
        for name in dict.fromkeys(row.package_name for row in page):
            reasons |= await self._idle(name)
        return [ListedRow(row, reasons.get(row.row_id, "")) for row in page]

    async def add(self, row: OperatorRow) -> OperatorRow:
        """Adds a row at its position, 0 for behind the others; it gets an id.

        Raises:
            errors.InvalidArgumentError: INVALID_FIELD (a position beyond the next), OPERATOR_ROW_IDLE.
            errors.NotFoundError: PACKAGE_NOT_FOUND.
            errors.ResourceExhaustedError: LIMIT_EXCEEDED.
        """
        async with self._leases.held(ADAPTATIONS):
            rows = await self._rows_of(row.package_name)
            if len(rows) >= ROWS_PER_APP:
                raise errors.ResourceExhaustedError(
                    errors.Reason.LIMIT_EXCEEDED, f"the app has {ROWS_PER_APP} rows, the most that there may be"
                )
            if not any(map(row.is_about, await self._catalogue.packages_of(row.package_name))):
                raise errors.NotFoundError(
                    errors.Reason.PACKAGE_NOT_FOUND,
                    "the catalogue has no build that the row is about; `appshare-admin packages list` lists them",
                )
            position = row.position or len(rows) + 1
            return await self._put(replace(row, row_id=secrets.token_hex(_ID_BYTES)), rows, position)

    async def remove(self, row_id: str) -> None:
        """Removes a row; those behind it move up.

        Raises:
            errors.NotFoundError: OPERATOR_ROW_NOT_FOUND.
        """
        async with self._leases.held(ADAPTATIONS):
            row, others = await self._take(row_id)
            await self._store.set_rows(row.package_name, others)

    async def move(self, row_id: str, position: int) -> OperatorRow:
        """Moves a row to another position among those of its app.

        Raises:
            errors.InvalidArgumentError: INVALID_FIELD (a position beyond the last), OPERATOR_ROW_IDLE.
            errors.NotFoundError: OPERATOR_ROW_NOT_FOUND.
        """
        async with self._leases.held(ADAPTATIONS):
            row, others = await self._take(row_id)
            return await self._put(row, others, position)

    async def _put(self, row: OperatorRow, others: Sequence[OperatorRow], position: int) -> OperatorRow:
        """Stores a row among the others of its app; returns it with its position."""
        if not 1 <= position <= len(others) + 1:
            raise errors.InvalidArgumentError(
                errors.Reason.INVALID_FIELD, f"position: from 1 to {len(others) + 1}", field="position"
            )
        placed = replace(row, position=position)
        earlier = _numbered(others[: position - 1])
        decided = await self._store.decisions_of(row.package_name)
        packages = await self._catalogue.packages_of(row.package_name)
        if idle := why_idle(placed, earlier, packages, decided):
            raise errors.InvalidArgumentError(
                errors.Reason.OPERATOR_ROW_IDLE, f"the row would decide nothing there: {idle}"
            )
        await self._store.set_rows(row.package_name, [*earlier, placed, *others[position - 1 :]])
        return placed

    async def _take(self, row_id: str) -> tuple[OperatorRow, list[OperatorRow]]:
        """A row, and the others of its app."""
        package_name = await self._store.app_of_row(row_id)
        rows = await self._rows_of(package_name) if package_name else ()
        found = [row for row in rows if row.row_id == row_id]
        if not found:
            raise errors.NotFoundError(
                errors.Reason.OPERATOR_ROW_NOT_FOUND,
                "there is no such row; `appshare-admin adaptations list` lists them with their ids",
            )
        return found[0], [row for row in rows if row.row_id != row_id]

    async def _rows_of(self, package_name: str) -> tuple[OperatorRow, ...]:
        return (await self._store.decisions_of(package_name)).rows

    async def _idle(self, package_name: str) -> dict[str, str]:
        """Of all rows of an app, by their ids, why they decide nothing."""
        decided = await self._store.decisions_of(package_name)
        packages = await self._catalogue.packages_of(package_name)
        rows = decided.rows
        return {row.row_id: why_idle(row, rows[:index], packages, decided) for index, row in enumerate(rows)}


def _numbered(rows: Sequence[OperatorRow]) -> list[OperatorRow]:
    return [replace(row, position=position) for position, row in enumerate(rows, start=1)]
