-- A phone number is stored only as number_key: 64 bits of its HMAC-SHA256 under a key that is not in this database.

-- Under how many keys, one after the other, the numbers are stored; and what is done about the next one: 'settled'
-- nothing, 'copying' books are copied under it, 'clearing' it is in use and what was before it is deleted. 'marked':
-- all books that were there are in books_to_copy, or were copied.
CREATE TABLE number_key_state (
    generation integer NOT NULL,
    phase      text    NOT NULL,
    marked     boolean NOT NULL
);
INSERT INTO number_key_state (generation, phase, marked) VALUES (1, 'settled', false);

-- By what each key is known, the oldest first: copies of the service with other keys are refused.
CREATE TABLE number_key_checks (
    generation integer PRIMARY KEY,
    key_check  bytea   NOT NULL
);

-- Every statement that brings a number says under how many keys it is, and fails when that is not so any more: another
-- copy of the service has taken the next key into use.
CREATE FUNCTION under_keys(expected integer) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
    IF expected <> (SELECT generation FROM number_key_state) THEN
        RAISE 'the numbers are under another key';
    END IF;
    RETURN true;
END
$$;

CREATE TABLE devices (
    device        bigint           GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    device_id     text COLLATE "C" NOT NULL UNIQUE,
    number_key    bigint           NOT NULL,
    region        text             NOT NULL,
    book_version  bigint           NOT NULL DEFAULT 0,
    register_time double precision NOT NULL
) WITH (fillfactor = 80);  -- each sync of a book changes a row, in its page when there is room
CREATE INDEX devices_by_number ON devices (number_key);

-- A device's contact book: its numbers, sorted, and the contact of each, 2 bytes or, when an id needs them, 4, the lowest
-- first. One row is read for a book, and digests are not to be compressed.
CREATE TABLE books (
    device      bigint   PRIMARY KEY REFERENCES devices (device) ON DELETE CASCADE,
    numbers     bigint[] NOT NULL,
    contact_ids bytea    NOT NULL
);
ALTER TABLE books ALTER COLUMN numbers SET STORAGE EXTERNAL, ALTER COLUMN contact_ids SET STORAGE EXTERNAL;

-- The other way around, a row each: whoever syncs a book waits for nobody. It has no reference to devices: that would be
-- looked up for each row, and needed an index by device, which is the book itself. Whoever changes a book or deletes a
-- device changes the postings with it.
CREATE TABLE postings (
    number_key bigint NOT NULL,
    device     bigint NOT NULL,
    PRIMARY KEY (number_key, device)
) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.02);

-- Registrations whose number is not verified yet; and the session of the device that one has become: its answer may have
-- been lost and be asked for again.
CREATE TABLE registrations (
    registration_id text             PRIMARY KEY,
    number_key      bigint           NOT NULL,
    region          text             NOT NULL,
    request_id      text,
    code_digest     bytea            NOT NULL,
    attempts        integer          NOT NULL DEFAULT 0,
    expire_time     double precision NOT NULL,
    session_id      text,
    UNIQUE (number_key, request_id)
);
CREATE INDEX registrations_by_expiry ON registrations (expire_time);

-- The one-time codes of the last hour: they count for a number's quota also when the registration is over, or was
-- withdrawn because nobody knows whether the code has arrived.
CREATE TABLE codes_sent (
    registration_id text             PRIMARY KEY,
    number_key      bigint           NOT NULL,
    send_time       double precision NOT NULL
);
CREATE INDEX codes_sent_by_number ON codes_sent (number_key, send_time);
CREATE INDEX codes_sent_by_time ON codes_sent (send_time);

-- The right of a device to fetch new access tokens. Only digests of the tokens are kept.
CREATE TABLE sessions (
    session_id      text             PRIMARY KEY,
    device          bigint           NOT NULL REFERENCES devices (device) ON DELETE CASCADE,
    current_digest  bytea            NOT NULL,
    previous_digest bytea,
    rotate_time     double precision NOT NULL
) WITH (fillfactor = 80);
CREATE INDEX sessions_by_device ON sessions (device);

-- Who blocks whom, number by number; the numbers of one contact that were blocked together have one id.
CREATE TABLE blocks (
    blocker_key bigint           NOT NULL,
    blocked_key bigint           NOT NULL,
    block_id    text COLLATE "C" NOT NULL,
    create_time double precision NOT NULL,
    PRIMARY KEY (blocker_key, blocked_key)
);
CREATE INDEX blocks_by_blocked ON blocks (blocked_key, blocker_key);
CREATE INDEX blocks_by_id ON blocks (blocker_key, block_id);

-- How each friendship of a device that watches them stands, as the device knows it or is to be told: a row per friend,
-- and one for each friendship that is over and not acknowledged yet.
CREATE TABLE friendship_changes (
    device          bigint           NOT NULL REFERENCES devices (device) ON DELETE CASCADE,
    other_device_id text             NOT NULL,
    contact_id      bigint           NOT NULL,
    level           smallint         NOT NULL,
    position        bigint           NOT NULL,
    change_time     double precision NOT NULL,
    PRIMARY KEY (device, other_device_id)
);
CREATE UNIQUE INDEX friendship_changes_by_position ON friendship_changes (device, position);
CREATE INDEX friendship_changes_by_other ON friendship_changes (other_device_id);

-- How far the changes of a device's friendships go.
CREATE TABLE friendship_watchers (
    device                bigint PRIMARY KEY REFERENCES devices (device) ON DELETE CASCADE,
    head_position         bigint NOT NULL,
    acknowledged_position bigint NOT NULL
);

-- How many numbers have come into the books of a person's devices since a time.
CREATE TABLE new_contacts (
    number_key bigint           PRIMARY KEY,
    since_time double precision NOT NULL,
    count      bigint           NOT NULL
);

-- Books that are not copied under the next key yet, or have changed since.
CREATE TABLE books_to_copy (
    device bigint PRIMARY KEY
);

-- Books and postings under the next key; empty, unless there is one. Those in use change names with them.
CREATE TABLE books_next (LIKE books INCLUDING ALL);
ALTER TABLE books_next ADD FOREIGN KEY (device) REFERENCES devices (device) ON DELETE CASCADE;
CREATE TABLE postings_next (LIKE postings INCLUDING ALL)
    WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.02);
