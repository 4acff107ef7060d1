-- Under how many keys, one after the other, the numbers of this database are stored; and what is done about the next one:
-- 'settled' nothing, 'copying' books are copied under it, 'clearing' it is in use and what was before it is deleted.
CREATE TABLE number_key_state (
    generation INTEGER NOT NULL,
    phase      TEXT    NOT NULL
);
INSERT INTO number_key_state VALUES (1, 'settled');

-- Books that are not copied under the next key yet, or have changed since.
CREATE TABLE books_to_copy (
    device INTEGER PRIMARY KEY
);

-- Books and postings under the next key; empty, unless there is one. Those in use change names with them.
CREATE TABLE books_next (
    device      INTEGER PRIMARY KEY REFERENCES devices (device) ON DELETE CASCADE,
    numbers     BLOB    NOT NULL,
    contact_ids BLOB    NOT NULL
);
CREATE TABLE postings_next (
    number_key INTEGER PRIMARY KEY,
    holders    BLOB    NOT NULL
);
CREATE TABLE recent_postings_next (
    number_key INTEGER PRIMARY KEY,
    holders    BLOB    NOT NULL
);
