"""PostgreSQL, or a database that speaks its protocol, as the store of a service."""
