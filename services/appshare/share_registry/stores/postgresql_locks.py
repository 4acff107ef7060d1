"""Who waits for whom in PostgreSQL: locks that a transaction holds until it ends, taken in the order of the ids."""

from collections.abc import Collection

from appshare.postgresql.database import Connection

_SEED = 7420
"""Of the numbers that device ids become: another service takes others in the same database."""


async def lock_devices(device_ids: Collection[str], connection: Connection) -> None:
    """Waits for the changes of the devices that have begun; the first thing that a transaction does.

    Two devices whose ids become the same number of 64 bits wait for each other, and that is all.
    """
    if device_ids:
        await connection.execute(
            "SELECT pg_advisory_xact_lock(number) FROM (SELECT DISTINCT hashtextextended(device_id, $2) AS number"
            " FROM unnest($1::text[]) AS device_id ORDER BY number) AS numbers",
            *(list(device_ids), _SEED),
        )


async def lock_inboxes(device_ids: Collection[str], connection: Connection) -> None:
    """Waits for whoever changes the events of inboxes; one that is not there has none."""
    await connection.execute(
        "SELECT FROM inboxes WHERE device_id = ANY($1::text[]) ORDER BY device_id FOR UPDATE", list(device_ids)
    )
