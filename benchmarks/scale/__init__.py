"""PostgreSQL beside SQLite, and several processes of the gateway and the services beside one, in one run."""
