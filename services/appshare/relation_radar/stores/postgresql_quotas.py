"""How many numbers have come into the books of a person's devices, in PostgreSQL."""

from appshare.postgresql.database import Connection
from appshare.relation_radar.model import ContactQuota, NumberKey
from appshare.relation_radar.refusals import too_many_new_contacts

_DAY = 24 * 3600.0

# A time to come is what a clock has left that was set back.
_UNDER_WAY = f"$3 >= counted.since_time AND $3 - counted.since_time < {_DAY}"

_COUNT = f"""
    INSERT INTO new_contacts AS counted (number_key, since_time, count) VALUES ($1, $3, $2)
    ON CONFLICT (number_key) DO UPDATE SET
        since_time = CASE WHEN {_UNDER_WAY} THEN counted.since_time ELSE $3 END,
        count = CASE WHEN {_UNDER_WAY} THEN counted.count + $2 ELSE $2 END
    RETURNING since_time, count
"""


async def count_arrived(person: NumberKey, arrived: int, quota: ContactQuota | None, connection: Connection) -> None:
    """Counts numbers for a day that begins with the first of them.

    Raises:
        errors.ResourceExhaustedError: LIMIT_EXCEEDED; the transaction is to be given up.
    """
    if quota is None or not arrived:
        return
    if arrived > quota.new_contacts:
        raise too_many_new_contacts(quota.new_contacts, None)
    counted = await connection.fetchrow(_COUNT, person, arrived, quota.now)
    assert counted is not None  # noqa: S101 - an upsert returns its row
    if counted["count"] > quota.new_contacts:
        raise too_many_new_contacts(quota.new_contacts, counted["since_time"] + _DAY - quota.now)
