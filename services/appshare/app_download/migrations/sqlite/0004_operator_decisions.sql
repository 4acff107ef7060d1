-- Whose packages of an app are accepted: at first sight the signer of its first package, later its successor.
CREATE TABLE signer_pins (
    package_name  TEXT    PRIMARY KEY,
    signer_sha256 TEXT    NOT NULL,
    former        TEXT    NOT NULL, -- JSON list of the certificates that the signer had before
    by_operator   INTEGER NOT NULL
) WITHOUT ROWID;

-- The signers of the packages that are there are connected by lineages: pinned is the one whom nobody succeeded.
WITH manifests AS (
    SELECT package_name, version_code, package_id, coalesce(
        json_extract(build, '$.apk.manifest'),
        (SELECT json_extract(part.value, '$.manifest') FROM json_each(build, '$.set.parts') AS part
         WHERE coalesce(json_extract(part.value, '$.manifest.split_name'), '') = '' LIMIT 1)
    ) AS manifest
    FROM packages
),
signed AS (
    SELECT package_name, version_code, package_id, json_extract(manifest, '$.signer_sha256') AS signer,
           coalesce(json_extract(manifest, '$.signer_lineage'), '[]') AS lineage
    FROM manifests
    WHERE coalesce(json_extract(manifest, '$.signer_sha256'), '') <> ''
),
certificates AS (
    SELECT package_name, signer, former.value AS sha256
    FROM signed, json_each(lineage) AS former
    WHERE former.value <> signer
    UNION
    SELECT package_name, signer, signer FROM signed
),
newest AS (
    SELECT package_name, signer, row_number() OVER (
        PARTITION BY package_name ORDER BY version_code DESC, package_id
    ) AS place
    FROM signed
    WHERE NOT EXISTS (
        SELECT 1 FROM certificates
        WHERE certificates.package_name = signed.package_name
          AND certificates.sha256 = signed.signer AND certificates.signer <> signed.signer
    )
)
INSERT INTO signer_pins (package_name, signer_sha256, former, by_operator)
SELECT package_name, signer, (
    SELECT json_group_array(sha256) FROM (
        SELECT DISTINCT sha256 FROM certificates
        WHERE certificates.package_name = newest.package_name AND sha256 <> newest.signer ORDER BY sha256
    )
), 0
FROM newest WHERE place = 1;

-- The lowest version of an app that the operator allows.
CREATE TABLE version_floors (
    package_name TEXT    PRIMARY KEY,
    version_code INTEGER NOT NULL
) WITHOUT ROWID;

-- The operator's rows of the adaptation table; the first one of an app that is about a device and a build decides.
CREATE TABLE operator_rows (
    row_id       TEXT    PRIMARY KEY,
    package_name TEXT    NOT NULL,
    position     INTEGER NOT NULL,
    effect       TEXT    NOT NULL,
    version_code INTEGER, -- NULL: of any version
    package_id   TEXT    NOT NULL, -- empty: not one build alone
    devices      TEXT    NOT NULL -- JSON: the conditions on devices
) WITHOUT ROWID;
CREATE UNIQUE INDEX operator_rows_by_app ON operator_rows (package_name, position);
