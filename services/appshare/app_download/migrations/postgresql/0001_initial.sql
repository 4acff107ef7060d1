-- Ids and names are compared byte by byte, whatever the database's own order of letters is: pages follow one another by them.

-- One row per package: a whole APK, or a split set. `addition` is another one when a package comes back that was removed.
CREATE TABLE packages (
    package_id   text COLLATE "C" PRIMARY KEY,
    addition     bigint GENERATED ALWAYS AS IDENTITY,
    package_name text COLLATE "C" NOT NULL,
    version_code bigint NOT NULL,
    build        text NOT NULL, -- JSON, as reading the package reported it
    words        text NOT NULL -- what a search by name looks through, in one case
);
CREATE INDEX packages_by_app ON packages (package_name, version_code DESC, package_id) INCLUDE (addition);

-- The files of the packages; the bytes are in the storage of packages under the same digest, once for all that share them.
CREATE TABLE package_files (
    package_id text COLLATE "C" NOT NULL REFERENCES packages (package_id) ON DELETE CASCADE,
    sha256     text COLLATE "C" NOT NULL,
    PRIMARY KEY (package_id, sha256)
);
CREATE INDEX package_files_by_digest ON package_files (sha256);

-- Packages that came from an upstream, and that nobody has added by hand.
CREATE TABLE fetched_packages (
    package_id text COLLATE "C" PRIMARY KEY REFERENCES packages (package_id) ON DELETE CASCADE,
    size       bigint NOT NULL, -- bytes of its files
    asked_at   double precision NOT NULL -- seconds since the epoch: when it was fetched, or asked for last
);
CREATE INDEX fetched_packages_by_age ON fetched_packages (asked_at, package_id);

-- Where an iPhone gets an app.
CREATE TABLE app_store_links (
    package_name text COLLATE "C" PRIMARY KEY,
    url          text NOT NULL
);

-- Whose packages of an app are accepted: at first sight the signer of its first package, later its successor.
CREATE TABLE signer_pins (
    package_name  text COLLATE "C" PRIMARY KEY,
    signer_sha256 text NOT NULL,
    former        text[] NOT NULL, -- the certificates that the signer had before, in order
    by_operator   boolean NOT NULL
);

-- The lowest version of an app that the operator allows.
CREATE TABLE version_floors (
    package_name text COLLATE "C" PRIMARY KEY,
    version_code bigint NOT NULL
);

-- The operator's rows of the adaptation table; the first one of an app that is about a device and a build decides.
CREATE TABLE operator_rows (
    row_id       text COLLATE "C" PRIMARY KEY,
    package_name text COLLATE "C" NOT NULL,
    position     integer NOT NULL,
    effect       text NOT NULL,
    version_code bigint, -- NULL: of any version
    package_id   text NOT NULL, -- empty: not one build alone
    devices      text NOT NULL -- JSON: the conditions on devices
);
CREATE UNIQUE INDEX operator_rows_by_app ON operator_rows (package_name, position);

-- The repositories that are searched for what the catalogue does not have, in the order of their ids.
CREATE TABLE upstreams (
    upstream_id  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name         text COLLATE "C" NOT NULL UNIQUE,
    address      text NOT NULL,
    mirrors      text[] NOT NULL,
    fingerprint  text NOT NULL,
    plain_http   boolean NOT NULL,
    -- What was verified last and is in use; 0 and empty: nothing yet.
    index_id     bigint NOT NULL DEFAULT 0,
    entry_time   bigint NOT NULL DEFAULT 0, -- milliseconds since the epoch
    index_sha256 text NOT NULL DEFAULT '',
    etag         text NOT NULL DEFAULT '',
    apps         bigint NOT NULL DEFAULT 0,
    versions     bigint NOT NULL DEFAULT 0,
    skipped      bigint NOT NULL DEFAULT 0,
    -- How the last refreshes went.
    checked_at   double precision NOT NULL DEFAULT 0,
    failures     bigint NOT NULL DEFAULT 0,
    reason       text NOT NULL DEFAULT '',
    message      text NOT NULL DEFAULT ''
);

-- What indices list. Rows whose index no upstream uses are of one that is being put beside, or of one that never was finished.
CREATE TABLE upstream_apps (
    index_id         bigint NOT NULL,
    package_name     text COLLATE "C" NOT NULL,
    label            text NOT NULL,
    words            text NOT NULL, -- what a search looks through, in one case
    preferred_signer text NOT NULL,
    PRIMARY KEY (index_id, package_name)
);
CREATE TABLE upstream_versions (
    index_id     bigint NOT NULL,
    package_name text COLLATE "C" NOT NULL,
    version_code bigint NOT NULL,
    sha256       text COLLATE "C" NOT NULL,
    path         text NOT NULL,
    build        text NOT NULL, -- JSON, in the form in which the catalogue keeps what it has read
    PRIMARY KEY (index_id, package_name, sha256)
);
CREATE INDEX upstream_versions_by_digest ON upstream_versions (sha256);

-- The numbers of indices, each given once.
CREATE SEQUENCE upstream_indices;

-- How often apps are asked for, whoever asks.
CREATE TABLE app_requests (
    package_name text COLLATE "C" PRIMARY KEY,
    weight       double precision NOT NULL,
    counted_at   double precision NOT NULL -- seconds since the epoch
);

-- What one copy of the service does and no other meanwhile; it is another's when it has run out without being renewed.
CREATE TABLE leases (
    name    text COLLATE "C" PRIMARY KEY,
    holder  text NOT NULL,
    expires timestamptz NOT NULL
);
