CREATE TABLE apps (
    device_id TEXT NOT NULL,
    package_name TEXT NOT NULL,
    platform TEXT NOT NULL,
    label TEXT NOT NULL,
    version_name TEXT NOT NULL,
    version_code INTEGER NOT NULL,
    signer_sha256 TEXT NOT NULL,
    icon_sha256 TEXT NOT NULL,
    PRIMARY KEY (device_id, package_name)
) STRICT, WITHOUT ROWID;

-- The keys that an app admits; without any, nobody but the owner sees it.
CREATE TABLE app_keys (
    device_id TEXT NOT NULL,
    package_name TEXT NOT NULL,
    key TEXT NOT NULL,
    PRIMARY KEY (device_id, package_name, key),
    FOREIGN KEY (device_id, package_name) REFERENCES apps ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TABLE push_preferences (
    device_id TEXT PRIMARY KEY,
    policy TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE push_preference_senders (
    device_id TEXT NOT NULL REFERENCES push_preferences ON DELETE CASCADE,
    sender_id TEXT NOT NULL,
    PRIMARY KEY (device_id, sender_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE pushes (
    push_id INTEGER PRIMARY KEY,
    sender_id TEXT NOT NULL,
    note TEXT NOT NULL,
    whole_list INTEGER NOT NULL,
    create_time REAL NOT NULL
) STRICT;

-- What a push that is not of the whole list names.
CREATE TABLE push_apps (
    push_id INTEGER NOT NULL REFERENCES pushes ON DELETE CASCADE,
    package_name TEXT NOT NULL,
    PRIMARY KEY (push_id, package_name)
) STRICT, WITHOUT ROWID;

-- Outlives the events, so that a position is never given twice.
CREATE TABLE inboxes (
    device_id TEXT PRIMARY KEY,
    head INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The events that are not acknowledged; the level is the one at the moment of the push.
CREATE TABLE inbox_events (
    device_id TEXT NOT NULL REFERENCES inboxes,
    position INTEGER NOT NULL,
    push_id INTEGER NOT NULL REFERENCES pushes,
    level INTEGER NOT NULL,
    PRIMARY KEY (device_id, position)
) STRICT, WITHOUT ROWID;

CREATE INDEX inbox_events_by_push ON inbox_events (push_id);

-- The accepted recipients as a JSON array of device ids.
CREATE TABLE push_receipts (
    sender_id TEXT NOT NULL,
    request_id TEXT NOT NULL,
    digest BLOB NOT NULL,
    accepted TEXT NOT NULL,
    create_time REAL NOT NULL,
    PRIMARY KEY (sender_id, request_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX push_receipts_by_time ON push_receipts (create_time);
