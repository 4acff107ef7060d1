-- The repositories that are searched for what the catalogue does not have, in the order of their ids.
CREATE TABLE upstreams (
    upstream_id  INTEGER PRIMARY KEY AUTOINCREMENT,
    name         TEXT    NOT NULL UNIQUE,
    address      TEXT    NOT NULL,
    mirrors      TEXT    NOT NULL, -- JSON: a list of addresses
    fingerprint  TEXT    NOT NULL,
    plain_http   INTEGER NOT NULL,
    -- What was verified last and is in use; 0 and empty: nothing yet.
    index_id     INTEGER NOT NULL DEFAULT 0,
    entry_time   INTEGER NOT NULL DEFAULT 0, -- milliseconds since the epoch
    index_sha256 TEXT    NOT NULL DEFAULT '',
    etag         TEXT    NOT NULL DEFAULT '',
    apps         INTEGER NOT NULL DEFAULT 0,
    versions     INTEGER NOT NULL DEFAULT 0,
    skipped      INTEGER NOT NULL DEFAULT 0,
    -- How the last refreshes went.
    checked_at   REAL    NOT NULL DEFAULT 0,
    failures     INTEGER NOT NULL DEFAULT 0,
    reason       TEXT    NOT NULL DEFAULT '',
    message      TEXT    NOT NULL DEFAULT ''
);

-- What indices list. Rows whose index no upstream uses are of one that is being put beside, or of one that never was finished.
CREATE TABLE upstream_apps (
    index_id         INTEGER NOT NULL,
    package_name     TEXT    NOT NULL,
    label            TEXT    NOT NULL,
    words            TEXT    NOT NULL, -- what a search looks through, in one case
    preferred_signer TEXT    NOT NULL,
    PRIMARY KEY (index_id, package_name)
) WITHOUT ROWID;
CREATE TABLE upstream_versions (
    index_id     INTEGER NOT NULL,
    package_name TEXT    NOT NULL,
    version_code INTEGER NOT NULL,
    sha256       TEXT    NOT NULL,
    path         TEXT    NOT NULL,
    build        TEXT    NOT NULL, -- JSON, in the form in which the catalogue keeps what it has read
    PRIMARY KEY (index_id, package_name, sha256)
) WITHOUT ROWID;
CREATE INDEX upstream_versions_by_digest ON upstream_versions (sha256);

-- The numbers of indices, each given once.
CREATE TABLE upstream_indices (index_id INTEGER PRIMARY KEY AUTOINCREMENT);

-- How often apps are asked for, whoever asks.
CREATE TABLE app_requests (
    package_name TEXT PRIMARY KEY,
    weight       REAL NOT NULL,
    counted_at   REAL NOT NULL -- seconds since the epoch
) WITHOUT ROWID;
