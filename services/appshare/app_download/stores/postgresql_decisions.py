"""The operator's decisions in PostgreSQL."""

from collections.abc import Sequence

import asyncpg

from appshare.app_download.app_decisions import AppDecisions
from appshare.app_download.fitting.operator_rows import OperatorRow, RowEffect
from appshare.app_download.signer_pin import SignerPin
from appshare.app_download.stores.device_conditions import read_devices, write_devices
from appshare.postgresql.database import Connection, Database

_PIN = "signer_sha256, former, by_operator"
_ROW = "row_id, package_name, position, effect, operator_rows.version_code, package_id, devices"


class PostgresqlDecisionStore:
    """A `DecisionStore` on the schema of the catalogue. Nothing of it is cached: other copies change it, too."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def decisions_of(self, package_name: str) -> AppDecisions:
        """All that is decided about an app, as it was at one moment: what one statement sees."""
        rows = await self._database.read(
            f"SELECT {_PIN}, version_floors.version_code AS floor, {_ROW} FROM (SELECT $1::text AS package_name) AS app"
            " LEFT JOIN signer_pins USING (package_name) LEFT JOIN version_floors USING (package_name)"
            " LEFT JOIN operator_rows USING (package_name) ORDER BY position",
            package_name,
        )
        return AppDecisions(
            pin=_pin(rows[0]) if rows[0]["signer_sha256"] is not None else None,
            lowest_version=rows[0]["floor"] or 0,
            rows=tuple(_operator_row(row) for row in rows if row["row_id"] is not None),
        )

    async def pins(self, package_name: str, after: str, size: int) -> list[tuple[str, SignerPin]]:
        """Pins with their apps, of names behind `after`."""
        rows = await self._database.read(
            f"SELECT package_name, {_PIN} FROM signer_pins WHERE ($1 = '' OR package_name = $1) AND package_name > $2"
            " ORDER BY package_name LIMIT $3",
            *(package_name, after, size),
        )
        return [(row["package_name"], _pin(row)) for row in rows]

    async def set_pin(self, package_name: str, pin: SignerPin | None) -> bool:
        """Pins an app, or with None forgets its pin; whether anything has changed."""

        async def write(connection: Connection) -> bool:
            if pin:
                return await write_pin(connection, package_name, pin)
            removed = await connection.fetchrow(
                "DELETE FROM signer_pins WHERE package_name = $1 RETURNING package_name", package_name
            )
            return removed is not None

        return await self._database.change(write)

    async def floors(self, package_name: str, after: str, size: int) -> list[tuple[str, int]]:
        """Lowest versions with their apps, of names behind `after`."""
        rows = await self._database.read(
            "SELECT package_name, version_code FROM version_floors WHERE ($1 = '' OR package_name = $1)"
            " AND package_name > $2 ORDER BY package_name LIMIT $3",
            *(package_name, after, size),
        )
        return [(row["package_name"], row["version_code"]) for row in rows]

    async def set_floor(self, package_name: str, version_code: int) -> None:
        """Sets the lowest version of an app; 0 removes it."""
        if version_code:
            await self._database.read(
                "INSERT INTO version_floors (package_name, version_code) VALUES ($1, $2)"
                " ON CONFLICT (package_name) DO UPDATE SET version_code = excluded.version_code",
                *(package_name, version_code),
            )
        else:
            await self._database.read("DELETE FROM version_floors WHERE package_name = $1", package_name)

    async def rows(self, package_name: str, after: tuple[str, int], size: int) -> list[OperatorRow]:
        """Rows by app and position, behind a name and a position."""
        found = await self._database.read(
            f"SELECT {_ROW} FROM operator_rows WHERE ($1 = '' OR package_name = $1)"
            " AND (package_name, position::bigint) > ($2, $3::bigint) ORDER BY package_name, position LIMIT $4",
            *(package_name, *after, size),
        )
        return list(map(_operator_row, found))

    async def app_of_row(self, row_id: str) -> str | None:
        """The app of a row."""
        row = await self._database.read_one("SELECT package_name FROM operator_rows WHERE row_id = $1", row_id)
        return row["package_name"] if row else None

    async def set_rows(self, package_name: str, rows: Sequence[OperatorRow]) -> None:
        """Puts these rows, in their order, in place of those of an app; positions are given anew."""

        async def write(connection: Connection) -> None:
            await connection.execute("DELETE FROM operator_rows WHERE package_name = $1", package_name)
            await connection.executemany(
                "INSERT INTO operator_rows (row_id, package_name, position, effect, version_code, package_id, devices)"
                " VALUES ($1, $2, $3, $4, $5, $6, $7)",
                [
                    (
                        *(row.row_id, row.package_name, position, row.effect),
                        *(row.version_code, row.package_id, write_devices(row.devices)),
                    )
                    for position, row in enumerate(rows, start=1)
                ],
            )

        await self._database.change(write)


async def write_pin(connection: Connection, package_name: str, pin: SignerPin) -> bool:
    """Pins an app; whether that changes anything."""
    changed = await connection.fetchrow(
        f"INSERT INTO signer_pins (package_name, {_PIN}) VALUES ($1, $2, $3, $4)"
        " ON CONFLICT (package_name) DO UPDATE SET"
        " signer_sha256 = excluded.signer_sha256, former = excluded.former, by_operator = excluded.by_operator"
        " WHERE (signer_pins.signer_sha256, signer_pins.former, signer_pins.by_operator)"
        " IS DISTINCT FROM (excluded.signer_sha256, excluded.former, excluded.by_operator) RETURNING package_name",
        *(package_name, pin.signer_sha256, sorted(pin.former), pin.by_operator),
    )
    return changed is not None


def _pin(row: asyncpg.Record) -> SignerPin:
    return SignerPin(row["signer_sha256"], frozenset(row["former"]), by_operator=row["by_operator"])


def _operator_row(row: asyncpg.Record) -> OperatorRow:
    return OperatorRow(
        row_id=row["row_id"],
        package_name=row["package_name"],
        position=row["position"],
        effect=RowEffect(row["effect"]),
        version_code=row["version_code"],
        package_id=row["package_id"],
        devices=read_devices(row["devices"]),
    )
