"""From whom devices accept pushes in PostgreSQL."""

from collections.abc import Collection, Mapping

from appshare.postgresql.database import Connection
from appshare.share_registry.model import PushPolicy, PushPreference, PushStance


async def replace(device_id: str, preference: PushPreference, connection: Connection) -> None:
    """Sets the push preference of a device, when the pushes to it that have begun are done."""
    await connection.execute(
        "INSERT INTO push_preferences (device_id, policy) VALUES ($1, $2)"
        " ON CONFLICT (device_id) DO UPDATE SET policy = excluded.policy",
        *(device_id, preference.policy),
    )
    for table, sender_ids in (
        ("push_preference_senders", preference.selected),
        ("muted_senders", preference.muted),
    ):
        await connection.execute(f"DELETE FROM {table} WHERE device_id = $1", device_id)
        await connection.execute(
            f"INSERT INTO {table} (device_id, sender_id) SELECT $1, unnest($2::text[])", device_id, list(sender_ids)
        )


async def stances(sender_id: str, device_ids: Collection[str], connection: Connection) -> Mapping[str, PushStance]:
    """The preferences towards a sender, by device id; without the devices that have not said any.

    They stay as they are until the transaction ends, and so do the devices: who has muted a sender, or is deleted, gets
    nothing more when it has been told so.
    """
    rows = await connection.fetch(
        "SELECT device_id, policy, EXISTS (SELECT FROM push_preference_senders AS named"
        " WHERE named.device_id = push_preferences.device_id AND named.sender_id = $1) AS names_sender,"
        " EXISTS (SELECT FROM muted_senders AS muted"
        " WHERE muted.device_id = push_preferences.device_id AND muted.sender_id = $1) AS mutes_sender"
        " FROM push_preferences WHERE device_id = ANY($2::text[]) ORDER BY device_id FOR SHARE OF push_preferences",
        *(sender_id, list(device_ids)),
    )
    return {
        row["device_id"]: PushStance(
            PushPolicy(row["policy"]), names_sender=row["names_sender"], mutes_sender=row["mutes_sender"]
        )
        for row in rows
    }
