"""The operator's decisions in SQLite."""

import json
import sqlite3
from collections.abc import Sequence
from functools import partial
from typing import Any

from appshare.app_download.app_decisions import AppDecisions
from appshare.app_download.fitting.operator_rows import OperatorRow, RowEffect
from appshare.app_download.signer_pin import SignerPin
from appshare.app_download.stores.device_conditions import read_devices, write_devices
from appshare.sqlite.connections import on_one_state
from appshare.sqlite.database import Database, Transaction

_PIN_COLUMNS = "package_name, signer_sha256, former, by_operator"
_ROW_COLUMNS = "row_id, package_name, position, effect, version_code, package_id, devices"


class SqliteDecisionStore:
    """A `DecisionStore` on the database of the catalogue."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def decisions_of(self, package_name: str) -> AppDecisions:
        """All that is decided about an app, as it was at one moment; an operator decides little about each."""

        def read(connection: sqlite3.Connection) -> AppDecisions:
            read_of_app = partial(_read_of_app, connection, package_name)
            pin = next(iter(read_of_app("signer_pins", _PIN_COLUMNS)), None)
            floor = next(iter(read_of_app("version_floors", "version_code")), None)
            rows = read_of_app("operator_rows", _ROW_COLUMNS, "ORDER BY position")
            return AppDecisions(
                pin=_pin(pin) if pin else None,
                lowest_version=floor["version_code"] if floor else 0,
                rows=tuple(map(_operator_row, rows)),
            )

        return self._database.look_up(partial(on_one_state, read))

    async def pins(self, package_name: str, after: str, size: int) -> list[tuple[str, SignerPin]]:
        """Pins with their apps, of names behind `after`."""
        rows = await self._database.read(
            f"SELECT {_PIN_COLUMNS} FROM signer_pins WHERE (?1 = '' OR package_name = ?1) AND package_name > ?2"
            " ORDER BY package_name LIMIT ?3",
            (package_name, after, size),
        )
        return [(row["package_name"], _pin(row)) for row in rows]

    async def set_pin(self, package_name: str, pin: SignerPin | None) -> bool:
        """Pins an app, or with None forgets its pin; whether anything has changed."""
        async with self._database.transaction() as transaction:
            if pin:
                return await write_pin(transaction, package_name, pin)
            return bool(await transaction.write("DELETE FROM signer_pins WHERE package_name = ?", (package_name,)))

    async def floors(self, package_name: str, after: str, size: int) -> list[tuple[str, int]]:
        """Lowest versions with their apps, of names behind `after`."""
        rows = await self._database.read(
            "SELECT package_name, version_code FROM version_floors WHERE (?1 = '' OR package_name = ?1)"
            " AND package_name > ?2 ORDER BY package_name LIMIT ?3",
            (package_name, after, size),
        )
        return [(row["package_name"], row["version_code"]) for row in rows]

    async def set_floor(self, package_name: str, version_code: int) -> None:
        """Sets the lowest version of an app; 0 removes it."""
        async with self._database.transaction() as transaction:
            await transaction.write("DELETE FROM version_floors WHERE package_name = ?", (package_name,))
            if version_code:
                await transaction.write("INSERT INTO version_floors VALUES (?, ?)", (package_name, version_code))

    async def rows(self, package_name: str, after: tuple[str, int], size: int) -> list[OperatorRow]:
        """Rows by app and position, behind a name and a position."""
        found = await self._database.read(
            f"SELECT {_ROW_COLUMNS} FROM operator_rows WHERE (?1 = '' OR package_name = ?1)"
            " AND (package_name, position) > (?2, ?3) ORDER BY package_name, position LIMIT ?4",
            (package_name, *after, size),
        )
        return list(map(_operator_row, found))

    async def app_of_row(self, row_id: str) -> str | None:
        """The app of a row."""
        row = await self._database.read_one("SELECT package_name FROM operator_rows WHERE row_id = ?", (row_id,))
        return row["package_name"] if row else None

    async def set_rows(self, package_name: str, rows: Sequence[OperatorRow]) -> None:
        """Puts these rows, in their order, in place of those of an app; positions are given anew."""
        columns = [_columns(row, position) for position, row in enumerate(rows, start=1)]
        async with self._database.transaction() as transaction:
            await transaction.write("DELETE FROM operator_rows WHERE package_name = ?", (package_name,))
            await transaction.write_many(
                f"INSERT INTO operator_rows ({_ROW_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)", columns
            )


async def write_pin(transaction: Transaction, package_name: str, pin: SignerPin) -> bool:
    """Pins an app; whether that changes anything."""
    changed = await transaction.write(
        f"INSERT INTO signer_pins ({_PIN_COLUMNS}) VALUES (?, ?, ?, ?) ON CONFLICT (package_name) DO UPDATE SET"
        " signer_sha256 = excluded.signer_sha256, former = excluded.former, by_operator = excluded.by_operator"
        " WHERE (signer_sha256, former, by_operator)"
        " IS NOT (excluded.signer_sha256, excluded.former, excluded.by_operator)",
        (package_name, pin.signer_sha256, json.dumps(sorted(pin.former)), pin.by_operator),
    )
    return bool(changed)


def _read_of_app(
    connection: sqlite3.Connection, package_name: str, table: str, columns: str, order: str = ""
) -> list[sqlite3.Row]:
    query = f"SELECT {columns} FROM {table} WHERE package_name = ? {order}"
    return connection.execute(query, (package_name,)).fetchall()


def _pin(row: sqlite3.Row) -> SignerPin:
    return SignerPin(row["signer_sha256"], frozenset(json.loads(row["former"])), by_operator=bool(row["by_operator"]))


def _columns(row: OperatorRow, position: int) -> tuple[Any, ...]:
    devices = write_devices(row.devices)
    return row.row_id, row.package_name, position, row.effect, row.version_code, row.package_id, devices


def _operator_row(row: sqlite3.Row) -> OperatorRow:
    return OperatorRow(
        row_id=row["row_id"],
        package_name=row["package_name"],
        position=row["position"],
        effect=RowEffect(row["effect"]),
        version_code=row["version_code"],
        package_id=row["package_id"],
        devices=read_devices(row["devices"]),
    )
