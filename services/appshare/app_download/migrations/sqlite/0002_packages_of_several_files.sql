-- One row per package: a whole APK, or a split set.
CREATE TABLE builds (
    package_id   TEXT    PRIMARY KEY,
    package_name TEXT    NOT NULL,
    version_code INTEGER NOT NULL,
    build        TEXT    NOT NULL -- JSON, as reading the package reported it
) WITHOUT ROWID;
INSERT INTO builds (package_id, package_name, version_code, build)
SELECT sha256, package_name, version_code,
       json_object('apk', json_object('sha256', sha256, 'size', size, 'file_name', file_name,
                                      'manifest', json_extract(manifest, '$.manifest')))
FROM packages;
DROP TABLE packages;
ALTER TABLE builds RENAME TO packages;
CREATE INDEX packages_by_app ON packages (package_name, version_code DESC, package_id);

-- The files of the packages; the bytes are in the folder of packages under the same digest, once for all that share them.
CREATE TABLE package_files (
    package_id TEXT NOT NULL REFERENCES packages (package_id) ON DELETE CASCADE,
    sha256     TEXT NOT NULL,
    PRIMARY KEY (package_id, sha256)
) WITHOUT ROWID;
CREATE INDEX package_files_by_digest ON package_files (sha256);
INSERT INTO package_files (package_id, sha256) SELECT package_id, package_id FROM packages;
