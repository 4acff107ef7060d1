-- A phone number is stored only as number_key: 64 bits of its HMAC-SHA256 under a key that is not in this database.

CREATE TABLE devices (
    device       INTEGER PRIMARY KEY AUTOINCREMENT,
    device_id    TEXT    NOT NULL UNIQUE,
    number_key   INTEGER NOT NULL,
    region       TEXT    NOT NULL,
    book_version INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX devices_by_number ON devices (number_key);

-- A device's contact book: numbers and the contacts that have them, pair by pair in the order of the numbers, packed in
-- the byte order of the machine: int64 each, and 2 bytes or, when an id needs them, 4.
CREATE TABLE books (
    device      INTEGER PRIMARY KEY REFERENCES devices (device) ON DELETE CASCADE,
    numbers     BLOB    NOT NULL,
    contact_ids BLOB    NOT NULL
);

-- The other way around: the devices whose books hold a number, 4 bytes each. What books add is collected in the second
-- table, which is small, and moved on from there.
CREATE TABLE postings (
    number_key INTEGER PRIMARY KEY,
    holders    BLOB    NOT NULL
);
CREATE TABLE recent_postings (
    number_key INTEGER PRIMARY KEY,
    holders    BLOB    NOT NULL
);

-- Registrations whose number is not verified yet.
CREATE TABLE registrations (
    registration_id TEXT    PRIMARY KEY,
    number_key      INTEGER NOT NULL,
    region          TEXT    NOT NULL,
    request_id      TEXT,
    code_digest     BLOB    NOT NULL,
    attempts        INTEGER NOT NULL DEFAULT 0,
    expire_time     REAL    NOT NULL,
    UNIQUE (number_key, request_id)
) WITHOUT ROWID;
CREATE INDEX registrations_by_expiry ON registrations (expire_time);

-- The one-time codes of the last hour: they count for a number's quota also when the registration is over, or was
-- withdrawn because nobody knows whether the code has arrived.
CREATE TABLE codes_sent (
    registration_id TEXT    PRIMARY KEY,
    number_key      INTEGER NOT NULL,
    send_time       REAL    NOT NULL
) WITHOUT ROWID;
CREATE INDEX codes_sent_by_number ON codes_sent (number_key, send_time);
CREATE INDEX codes_sent_by_time ON codes_sent (send_time);

-- The right of a device to fetch new access tokens. Only digests of the tokens are kept.
CREATE TABLE sessions (
    session_id      TEXT    PRIMARY KEY,
    device          INTEGER NOT NULL REFERENCES devices (device) ON DELETE CASCADE,
    current_digest  BLOB    NOT NULL,
    previous_digest BLOB,
    rotate_time     REAL    NOT NULL
) WITHOUT ROWID;
CREATE INDEX sessions_by_device ON sessions (device);
