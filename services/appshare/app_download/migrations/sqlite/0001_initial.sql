-- One row per package file; the bytes are in the folder of packages under the same digest.
CREATE TABLE packages (
    sha256       TEXT    PRIMARY KEY,
    file_name    TEXT    NOT NULL,
    size         INTEGER NOT NULL,
    package_name TEXT    NOT NULL,
    version_code INTEGER NOT NULL,
    manifest     TEXT    NOT NULL -- JSON, as reading the package reported it
) WITHOUT ROWID;
CREATE INDEX packages_by_app ON packages (package_name, version_code DESC, sha256);

-- Where an iPhone gets an app.
CREATE TABLE app_store_links (
    package_name TEXT PRIMARY KEY,
    url          TEXT NOT NULL
) WITHOUT ROWID;
