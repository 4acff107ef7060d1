"""Blocks in PostgreSQL."""

from collections.abc import Callable, Collection

from appshare.postgresql.database import Connection, Database, alone_with
from appshare.postgresql.texts import storable
from appshare.relation_radar.model import BlockedNumber, NumberKey
from appshare.relation_radar.refusals import too_many_blocks


class PostgresqlBlockStore:
    """A `BlockStore` on a PostgreSQL database.

    Args:
        generation: says under how many keys the numbers are that are given to the store.
    """

    def __init__(self, database: Database, generation: Callable[[], int]) -> None:
        self._database = database
        self._generation = generation

    async def add_block(
        self, blocker: NumberKey, numbers: Collection[NumberKey], block_id: str, now: float, at_most: int
    ) -> None:
        """Blocks numbers under one id, that of the oldest block which one of them is in already."""

        async def work(connection: Connection) -> None:
            await connection.execute("SELECT under_keys($1)", self._generation())
            await alone_with(blocker, connection)
            await _add_block(blocker, list(numbers), block_id, now, connection)
            count = await connection.fetchval("SELECT count(*) FROM blocks WHERE blocker_key = $1", blocker)
            if count > at_most:
                raise too_many_blocks(at_most)

        await self._database.change_under_locks(work)

    async def remove_block(self, blocker: NumberKey, block_id: str) -> list[NumberKey]:
        """Takes a block back; returns the numbers that were blocked by it."""
        rows = await self._database.read(
            "DELETE FROM blocks WHERE blocker_key = $1 AND block_id = $2 AND under_keys($3) RETURNING blocked_key",
            blocker,
            storable(block_id),
            self._generation(),
        )
        return [row["blocked_key"] for row in rows]

    async def remove_blocks_of(self, blocker: NumberKey, numbers: Collection[NumberKey]) -> list[NumberKey]:
        """Takes back every block that one of the numbers is in, as a whole; returns the numbers that were blocked."""
        rows = await self._database.read(
            "DELETE FROM blocks WHERE blocker_key = $1 AND under_keys($3) AND block_id IN (SELECT block_id FROM blocks"
            " WHERE blocker_key = $1 AND blocked_key = ANY($2::bigint[])) RETURNING blocked_key",
            blocker,
            list(numbers),
            self._generation(),
        )
        return [row["blocked_key"] for row in rows]

    async def blocked_by(self, blocker: NumberKey) -> list[BlockedNumber]:
        """The numbers that a person blocks, by block id."""
        rows = await self._database.read(
            "SELECT block_id, blocked_key, create_time FROM blocks WHERE blocker_key = $1 AND under_keys($2)"
            " ORDER BY block_id, blocked_key",
            blocker,
            self._generation(),
        )
        return [BlockedNumber(*row) for row in rows]

    async def blocked_among(self, number: NumberKey, others: Collection[NumberKey]) -> frozenset[NumberKey]:
        """Those of the others that the number blocks, or that block it. It asks for nobody, too: as for somebody."""
        rows = await self._database.read(
            "SELECT blocked_key AS other FROM blocks"
            " WHERE blocker_key = $1 AND blocked_key = ANY($2::bigint[]) AND under_keys($3)"
            " UNION ALL SELECT blocker_key FROM blocks WHERE blocked_key = $1 AND blocker_key = ANY($2::bigint[])",
            number,
            list(others),
            self._generation(),
        )
        return frozenset(row["other"] for row in rows)


async def _add_block(
    blocker: NumberKey, numbers: list[NumberKey], block_id: str, now: float, connection: Connection
) -> None:
    oldest = await connection.fetchrow(
        "SELECT block_id, create_time FROM blocks WHERE blocker_key = $1 AND blocked_key = ANY($2::bigint[])"
        " ORDER BY create_time, block_id LIMIT 1",
        blocker,
        numbers,
    )
    await connection.execute(
        "INSERT INTO blocks (blocker_key, blocked_key, block_id, create_time)"
        " SELECT $1, number_key, $3, $4 FROM unnest($2::bigint[]) AS blocked (number_key) ON CONFLICT DO NOTHING",
        blocker,
        numbers,
        *(tuple(oldest) if oldest else (block_id, now)),
    )
