-- What a search by name looks through, in one case; NULL: not read from the build yet.
ALTER TABLE packages ADD COLUMN words TEXT;

-- Packages that came from an upstream, and that nobody has added by hand.
CREATE TABLE fetched_packages (
    package_id TEXT    PRIMARY KEY REFERENCES packages (package_id) ON DELETE CASCADE,
    size       INTEGER NOT NULL, -- bytes of its files
    asked_at   REAL    NOT NULL  -- seconds since the epoch: when it was fetched, or asked for last
) WITHOUT ROWID;
CREATE INDEX fetched_packages_by_age ON fetched_packages (asked_at, package_id);
