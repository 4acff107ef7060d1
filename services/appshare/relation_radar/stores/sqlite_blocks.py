"""Blocks in SQLite."""

import json
import sqlite3
from collections.abc import Collection
from functools import partial

from appshare.relation_radar.model import BlockedNumber, NumberKey
from appshare.relation_radar.refusals import too_many_blocks
from appshare.sqlite.database import Database

_FEW_BLOCKS = 64
"""So many are looked up at once."""


class SqliteBlockStore:
    """A `BlockStore` on one SQLite database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add_block(
        self, blocker: NumberKey, numbers: Collection[NumberKey], block_id: str, now: float, at_most: int
    ) -> None:
        """Blocks numbers under one id, that of the oldest block which one of them is in already."""
        async with self._database.transaction() as transaction:
            await transaction.run(partial(_add_block, blocker, numbers, block_id, now, at_most))

    async def remove_block(self, blocker: NumberKey, block_id: str) -> list[NumberKey]:
        """Takes a block back; returns the numbers that were blocked by it."""
        async with self._database.transaction() as transaction:
            rows = await transaction.read(
                "DELETE FROM blocks WHERE blocker_key = ? AND block_id = ? RETURNING blocked_key", (blocker, block_id)
            )
        return [number for (number,) in rows]

    async def remove_blocks_of(self, blocker: NumberKey, numbers: Collection[NumberKey]) -> list[NumberKey]:
        """Takes back every block that one of the numbers is in, as a whole; returns the numbers that were blocked."""
        async with self._database.transaction() as transaction:
            rows = await transaction.read(
                "DELETE FROM blocks WHERE blocker_key = ?1 AND block_id IN (SELECT block_id FROM blocks"
                " WHERE blocker_key = ?1 AND blocked_key IN (SELECT value FROM json_each(?2))) RETURNING blocked_key",
                (blocker, json.dumps(list(numbers))),
            )
        return [number for (number,) in rows]

    async def blocked_by(self, blocker: NumberKey) -> list[BlockedNumber]:
        """The numbers that a person blocks, by block id."""
        rows = await self._database.read(
            "SELECT block_id, blocked_key, create_time FROM blocks WHERE blocker_key = ?"
            " ORDER BY block_id, blocked_key",
            (blocker,),
        )
        return [BlockedNumber(*row) for row in rows]

    async def blocked_among(self, number: NumberKey, others: Collection[NumberKey]) -> frozenset[NumberKey]:
        """Those of the others that the number blocks, or that block it."""
        between = self._database.look_up(partial(_between, number, _FEW_BLOCKS + 1))
        if len(between) > _FEW_BLOCKS:
            between = await self._database.run(partial(_between, number, -1))
        return between.intersection(others)


def _between(number: NumberKey, at_most: int, connection: sqlite3.Connection) -> frozenset[NumberKey]:
    """The numbers that a number blocks, or that block it; -1: all of them."""
    rows = connection.execute(
        "SELECT blocked_key FROM blocks WHERE blocker_key = ?1"
        " UNION SELECT blocker_key FROM blocks WHERE blocked_key = ?1 LIMIT ?2",
        (number, at_most),
    )
    return frozenset(other for (other,) in rows)


def _add_block(
    blocker: NumberKey,
    numbers: Collection[NumberKey],
    block_id: str,
    now: float,
    at_most: int,
    connection: sqlite3.Connection,
) -> None:
    block_id, create_time = _oldest_block(blocker, numbers, connection) or (block_id, now)
    connection.executemany(
        "INSERT INTO blocks (blocker_key, blocked_key, block_id, create_time) VALUES (?, ?, ?, ?)"
        " ON CONFLICT DO NOTHING",
        [(blocker, number, block_id, create_time) for number in numbers],
    )
    query = "SELECT count(*) FROM blocks WHERE blocker_key = ?"
    [(count,)] = connection.execute(query, (blocker,))
    if count > at_most:
        raise too_many_blocks(at_most)


def _oldest_block(
    blocker: NumberKey, numbers: Collection[NumberKey], connection: sqlite3.Connection
) -> tuple[str, float] | None:
    """The id and the time of the oldest block that one of the numbers is in."""
    row = connection.execute(
        "SELECT block_id, create_time FROM blocks WHERE blocker_key = ?"
        " AND blocked_key IN (SELECT value FROM json_each(?)) ORDER BY create_time, block_id LIMIT 1",
        (blocker, json.dumps(list(numbers))),
    ).fetchone()
    return (row["block_id"], row["create_time"]) if row else None
