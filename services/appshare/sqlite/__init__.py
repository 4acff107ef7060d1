"""SQLite as every service of AppShare uses it."""
