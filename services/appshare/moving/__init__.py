"""Moving what a service keeps from SQLite to PostgreSQL and back, by its description of both."""
