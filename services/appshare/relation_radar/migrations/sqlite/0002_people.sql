ALTER TABLE devices ADD COLUMN register_time REAL NOT NULL DEFAULT 0;

-- The session of the device that the registration has become: its answer may have been lost and be asked for again.
ALTER TABLE registrations ADD COLUMN session_id TEXT;

-- Who blocks whom, number by number; the numbers of one contact that were blocked together have one id.
CREATE TABLE blocks (
    blocker_key INTEGER NOT NULL,
    blocked_key INTEGER NOT NULL,
    block_id    TEXT    NOT NULL,
    create_time REAL    NOT NULL,
    PRIMARY KEY (blocker_key, blocked_key)
) WITHOUT ROWID;
CREATE INDEX blocks_by_blocked ON blocks (blocked_key, blocker_key);
CREATE INDEX blocks_by_id ON blocks (blocker_key, block_id);

-- How each friendship of a device that watches them stands, as the device knows it or is to be told: a row per friend, and
-- one for each friendship that is over and not acknowledged yet.
CREATE TABLE friendship_changes (
    device          INTEGER NOT NULL REFERENCES devices (device) ON DELETE CASCADE,
    other_device_id TEXT    NOT NULL,
    contact_id      INTEGER NOT NULL,
    level           INTEGER NOT NULL,
    position        INTEGER NOT NULL,
    change_time     REAL    NOT NULL,
    PRIMARY KEY (device, other_device_id)
) WITHOUT ROWID;
CREATE UNIQUE INDEX friendship_changes_by_position ON friendship_changes (device, position);
CREATE INDEX friendship_changes_by_other ON friendship_changes (other_device_id);

-- How far the changes of a device's friendships go.
CREATE TABLE friendship_watchers (
    device                INTEGER PRIMARY KEY REFERENCES devices (device) ON DELETE CASCADE,
    head_position         INTEGER NOT NULL,
    acknowledged_position INTEGER NOT NULL
);

-- How many numbers have come into the books of a person's devices since a time.
CREATE TABLE new_contacts (
    number_key INTEGER PRIMARY KEY,
    since_time REAL    NOT NULL,
    count      INTEGER NOT NULL
);
