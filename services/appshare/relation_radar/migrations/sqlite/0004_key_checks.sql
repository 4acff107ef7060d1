-- By what each key of the numbers is known, the oldest first: with other keys the service does not start.
CREATE TABLE number_key_checks (
    generation INTEGER PRIMARY KEY,
    key_check  BLOB    NOT NULL
);
