"""What RelationRadar keeps, as PostgreSQL and as SQLite have it.

The postings of SQLite, a blob a number in two tables, are rows of PostgreSQL.
"""

from importlib.resources import files

from appshare.moving.layout import Layout, Table

_FOLDER = files("appshare.relation_radar") / "migrations"

_POSTINGS = (
    "(SELECT DISTINCT number_key, holder.value AS device FROM (SELECT number_key, holders FROM postings UNION ALL"
    " SELECT number_key, holders FROM recent_postings), json_each(unpacked(holders)) AS holder)"
)

LAYOUT = Layout(
    schema="relation_radar",
    file="relation-radar/relation_radar.db",
    sqlite_migrations=_FOLDER / "sqlite",
    postgresql_migrations=_FOLDER / "postgresql",
    # Then there is nothing in the tables of the next key, which need not be moved.
    unready=(
        "SELECT 1 FROM number_key_state WHERE phase <> 'settled'",
        "the number key is being rotated: wait until `appshare-admin keys status` says that it is done, then move",
    ),
    tables=(
        Table("number_key_state", given={"marked": "0"}, filled=True),
        Table("number_key_checks"),
        Table("devices", counter="device"),
        Table("books"),
        Table(
            "postings",
            source=_POSTINGS,
            grouped="SELECT number_key, array_agg(device ORDER BY device) AS holders FROM postings GROUP BY number_key",
            restoring=("INSERT INTO postings (number_key, holders) VALUES (:number_key, packed(:holders))",),
        ),
        Table("registrations"),
        Table("codes_sent"),
        Table("sessions"),
        Table("blocks"),
        Table("friendship_watchers"),
        Table("friendship_changes"),
        Table("new_contacts"),
    ),
)
