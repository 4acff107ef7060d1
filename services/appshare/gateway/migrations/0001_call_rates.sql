-- How often something has called lately, over all copies. What is lost with a crash is a minute of counting.
CREATE UNLOGGED TABLE call_rates (
    key bytea PRIMARY KEY,          -- a keyed digest of what is counted: nobody reads from it who has called
    full_time double precision NOT NULL  -- when the bucket is full again, in seconds since the epoch on the server's clock
);
CREATE INDEX call_rates_by_time ON call_rates (full_time);

-- The copies of the gateway that are there.
CREATE UNLOGGED TABLE copies (
    copy_id text PRIMARY KEY,
    seen_time double precision NOT NULL
);
