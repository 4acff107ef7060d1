"""What ShareRegistry keeps, as PostgreSQL and as SQLite have it."""

from importlib.resources import files

from appshare.moving.layout import Layout, Table

_FOLDER = files("appshare.share_registry") / "migrations"

LAYOUT = Layout(
    schema="share_registry",
    file="share-registry/share_registry.db",
    sqlite_migrations=_FOLDER / "sqlite",
    postgresql_migrations=_FOLDER / "postgresql",
    tables=(
        Table("apps"),
        Table("app_keys"),
        Table("default_keys"),
        Table("push_preferences"),
        Table("push_preference_senders"),
        Table("muted_senders"),
        Table(
            "pushes",
            given={
                "package_names": "CASE WHEN whole_list = 0 THEN (SELECT json_group_array(package_name) FROM"
                " (SELECT package_name FROM push_apps WHERE push_apps.push = pushes.push ORDER BY package_name)) END"
            },
            restoring=(
                "INSERT INTO pushes (push, push_id, sender_id, note, whole_list)"
                " VALUES (:push, :push_id, :sender_id, :note, :package_names IS NULL)",
                "INSERT INTO push_apps (push, package_name) SELECT :push, value FROM json_each(:package_names)",
            ),
            counter="push",
        ),
        Table("inboxes"),
        Table("inbox_events"),
        Table("push_quotas"),
        Table("installs"),
        Table(
            "push_receipts",
            given={
                "accepted": "(SELECT json_group_array(device_id) FROM (SELECT device_id FROM receipt_recipients"
                " WHERE receipt_recipients.receipt = push_receipts.receipt ORDER BY device_id))"
            },
            restoring=(
                "INSERT INTO push_receipts (sender_id, request_id, push_id, digest, create_time)"
                " VALUES (:sender_id, :request_id, :push_id, :digest, :create_time)",
                "INSERT INTO receipt_recipients (receipt, device_id) SELECT push_receipts.receipt, accepted.value"
                " FROM push_receipts, json_each(:accepted) AS accepted"
                " WHERE sender_id = :sender_id AND request_id = :request_id",
            ),
        ),
    ),
)
