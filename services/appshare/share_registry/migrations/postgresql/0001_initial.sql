-- Ids and names are compared byte by byte, whatever the database's own order of letters is: pages follow one another by them.

CREATE TABLE apps (
    device_id text COLLATE "C" NOT NULL,
    package_name text COLLATE "C" NOT NULL,
    platform text COLLATE "C" NOT NULL,
    label text NOT NULL,
    version_name text NOT NULL,
    version_code bigint NOT NULL,
    signer_sha256 text NOT NULL,
    icon_sha256 text NOT NULL,
    folded text NOT NULL, -- label and package name without case, for searches
    PRIMARY KEY (device_id, package_name)
);

-- The keys that an app admits; without any, nobody but the owner sees it.
CREATE TABLE app_keys (
    device_id text COLLATE "C" NOT NULL,
    package_name text COLLATE "C" NOT NULL,
    key text COLLATE "C" NOT NULL,
    PRIMARY KEY (device_id, key, package_name),
    FOREIGN KEY (device_id, package_name) REFERENCES apps ON DELETE CASCADE
);
CREATE INDEX app_keys_by_app ON app_keys (device_id, package_name);
CREATE INDEX app_keys_by_key ON app_keys (key);

-- The keys that new apps of a device admit.
CREATE TABLE default_keys (
    device_id text COLLATE "C" NOT NULL,
    key text COLLATE "C" NOT NULL,
    PRIMARY KEY (device_id, key)
);
CREATE INDEX default_keys_by_key ON default_keys (key);

CREATE TABLE push_preferences (
    device_id text COLLATE "C" PRIMARY KEY,
    policy text NOT NULL
);
CREATE TABLE push_preference_senders (
    device_id text COLLATE "C" NOT NULL REFERENCES push_preferences ON DELETE CASCADE,
    sender_id text COLLATE "C" NOT NULL,
    PRIMARY KEY (device_id, sender_id)
);
CREATE INDEX push_preference_senders_by_sender ON push_preference_senders (sender_id);
CREATE TABLE muted_senders (
    device_id text COLLATE "C" NOT NULL REFERENCES push_preferences ON DELETE CASCADE,
    sender_id text COLLATE "C" NOT NULL,
    PRIMARY KEY (device_id, sender_id)
);
CREATE INDEX muted_senders_by_sender ON muted_senders (sender_id);

-- `push` is ours, `push_id` the sender's. Without names it is a push of the whole list.
CREATE TABLE pushes (
    push bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    push_id text COLLATE "C" NOT NULL UNIQUE,
    sender_id text COLLATE "C" NOT NULL,
    note text NOT NULL,
    package_names text[]
);

-- Outlives the events, so that a position is never given twice. Whoever changes the events of an inbox holds its row: positions
-- are given without gaps and seen in order. At position 0 there is no gap.
CREATE TABLE inboxes (
    device_id text COLLATE "C" PRIMARY KEY,
    head bigint NOT NULL,
    gap_position bigint NOT NULL DEFAULT 0,
    gap_count bigint NOT NULL DEFAULT 0,
    gap_time double precision NOT NULL DEFAULT 0
);

-- The events that are not acknowledged: pushes, with the level at the moment of the push, or installs. A sender's newer event
-- of the same topic takes the place of the older one.
CREATE TABLE inbox_events (
    device_id text COLLATE "C" NOT NULL REFERENCES inboxes,
    position bigint NOT NULL,
    create_time double precision NOT NULL,
    sender_id text COLLATE "C" NOT NULL,
    topic text COLLATE "C" NOT NULL,
    push bigint REFERENCES pushes,
    level smallint,
    package_name text,
    version_code bigint,
    PRIMARY KEY (device_id, position)
);
CREATE UNIQUE INDEX inbox_events_by_topic ON inbox_events (sender_id, device_id, topic);
CREATE INDEX inbox_events_by_push ON inbox_events (push);
CREATE INDEX inbox_events_by_time ON inbox_events (create_time);

-- How many recipients the pushes of a sender have reached since a time.
CREATE TABLE push_quotas (
    sender_id text COLLATE "C" PRIMARY KEY,
    since_time double precision NOT NULL,
    count bigint NOT NULL
);

-- The newest version of an owner's app that a viewer has told it to have installed.
CREATE TABLE installs (
    device_id text COLLATE "C" NOT NULL,
    package_name text COLLATE "C" NOT NULL,
    viewer_id text COLLATE "C" NOT NULL,
    version_code bigint NOT NULL,
    PRIMARY KEY (device_id, package_name, viewer_id),
    FOREIGN KEY (device_id, package_name) REFERENCES apps ON DELETE CASCADE
);
CREATE INDEX installs_by_viewer ON installs (viewer_id);

-- What became of pushes that carried a request id, and whom they reached.
CREATE TABLE push_receipts (
    sender_id text COLLATE "C" NOT NULL,
    request_id text COLLATE "C" NOT NULL,
    push_id text COLLATE "C" NOT NULL,
    digest bytea NOT NULL,
    create_time double precision NOT NULL,
    accepted text[] NOT NULL,
    PRIMARY KEY (sender_id, request_id)
);
CREATE INDEX push_receipts_by_time ON push_receipts (create_time);
CREATE INDEX push_receipts_by_recipient ON push_receipts USING gin (accepted);
