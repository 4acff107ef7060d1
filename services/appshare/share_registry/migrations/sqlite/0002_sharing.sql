-- The keys that new apps of a device admit.
CREATE TABLE default_keys (
    device_id TEXT NOT NULL,
    key TEXT NOT NULL,
    PRIMARY KEY (device_id, key)
) STRICT, WITHOUT ROWID;

-- An app for selected devices admits one more key, which nobody holds: it stays one when the last of them is deleted.
INSERT INTO app_keys (device_id, package_name, key)
SELECT DISTINCT device_id, package_name, 'selected' FROM app_keys WHERE key LIKE 'device:%';

CREATE INDEX app_keys_by_key ON app_keys (key, device_id, package_name);

-- Label and package name without case, for searches. SQLite folds ASCII only; the next sync of the app folds the rest.
ALTER TABLE apps ADD COLUMN folded TEXT NOT NULL DEFAULT '';
UPDATE apps SET folded = lower(label) || char(10) || lower(package_name);

CREATE INDEX push_preference_senders_by_sender ON push_preference_senders (sender_id);

CREATE TABLE muted_senders (
    device_id TEXT NOT NULL REFERENCES push_preferences ON DELETE CASCADE,
    sender_id TEXT NOT NULL,
    PRIMARY KEY (device_id, sender_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX muted_senders_by_sender ON muted_senders (sender_id);

-- `push` is ours, `push_id` the sender's.
ALTER TABLE pushes RENAME COLUMN push_id TO push;
ALTER TABLE push_apps RENAME COLUMN push_id TO push;
ALTER TABLE pushes ADD COLUMN push_id TEXT NOT NULL DEFAULT '';
UPDATE pushes SET push_id = lower(hex(randomblob(16)));
CREATE UNIQUE INDEX pushes_by_id ON pushes (push_id);

-- How many recipients the pushes of a sender have reached since a time.
CREATE TABLE push_quotas (
    sender_id TEXT PRIMARY KEY,
    since_time REAL NOT NULL,
    count INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What stands in the place of events that were never acknowledged; at position 0 there is nothing.
ALTER TABLE inboxes ADD COLUMN gap_position INTEGER NOT NULL DEFAULT 0;
ALTER TABLE inboxes ADD COLUMN gap_count INTEGER NOT NULL DEFAULT 0;
ALTER TABLE inboxes ADD COLUMN gap_time REAL NOT NULL DEFAULT 0;

-- The events that are not acknowledged: pushes, with the level at the moment of the push, or installs. A sender's newer event
-- of the same topic takes the place of the older one.
CREATE TABLE events (
    device_id TEXT NOT NULL REFERENCES inboxes,
    position INTEGER NOT NULL,
    create_time REAL NOT NULL,
    sender_id TEXT NOT NULL,
    topic TEXT NOT NULL,
    push INTEGER REFERENCES pushes,
    level INTEGER,
    package_name TEXT,
    version_code INTEGER,
    PRIMARY KEY (device_id, position)
) STRICT, WITHOUT ROWID;
INSERT INTO events (device_id, position, create_time, sender_id, topic, push, level)
SELECT inbox_events.device_id, inbox_events.position, pushes.create_time, pushes.sender_id,
    'push ' || inbox_events.push_id, inbox_events.push_id, inbox_events.level
FROM inbox_events JOIN pushes ON pushes.push = inbox_events.push_id;
DROP TABLE inbox_events;
ALTER TABLE events RENAME TO inbox_events;
ALTER TABLE pushes DROP COLUMN create_time;
CREATE INDEX inbox_events_by_push ON inbox_events (push);
CREATE UNIQUE INDEX inbox_events_by_topic ON inbox_events (sender_id, device_id, topic);
CREATE INDEX inbox_events_by_time ON inbox_events (create_time);

CREATE TRIGGER last_event_of_push AFTER DELETE ON inbox_events
WHEN OLD.push IS NOT NULL AND NOT EXISTS (SELECT 1 FROM inbox_events WHERE push = OLD.push)
BEGIN
    DELETE FROM pushes WHERE push = OLD.push;
END;

-- The newest version of an owner's app that a viewer has told it to have installed.
CREATE TABLE installs (
    device_id TEXT NOT NULL,
    package_name TEXT NOT NULL,
    viewer_id TEXT NOT NULL,
    version_code INTEGER NOT NULL,
    PRIMARY KEY (device_id, package_name, viewer_id),
    FOREIGN KEY (device_id, package_name) REFERENCES apps ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX installs_by_viewer ON installs (viewer_id);

-- What became of pushes that carried a request id, and whom they reached.
CREATE TABLE receipts (
    receipt INTEGER PRIMARY KEY,
    sender_id TEXT NOT NULL,
    request_id TEXT NOT NULL,
    push_id TEXT NOT NULL,
    digest BLOB NOT NULL,
    create_time REAL NOT NULL
) STRICT;
CREATE TABLE receipt_recipients (
    receipt INTEGER NOT NULL REFERENCES receipts ON DELETE CASCADE,
    device_id TEXT NOT NULL,
    PRIMARY KEY (receipt, device_id)
) STRICT, WITHOUT ROWID;
INSERT INTO receipts (sender_id, request_id, push_id, digest, create_time)
SELECT sender_id, request_id, lower(hex(randomblob(16))), digest, create_time FROM push_receipts;
INSERT INTO receipt_recipients (receipt, device_id)
SELECT receipts.receipt, accepted.value
FROM receipts JOIN push_receipts USING (sender_id, request_id), json_each(push_receipts.accepted) AS accepted;
DROP TABLE push_receipts;
ALTER TABLE receipts RENAME TO push_receipts;
CREATE UNIQUE INDEX push_receipts_by_request ON push_receipts (sender_id, request_id);
CREATE INDEX push_receipts_by_time ON push_receipts (create_time);
CREATE INDEX receipt_recipients_by_device ON receipt_recipients (device_id);
