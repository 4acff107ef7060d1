"""ShareRegistry on its real store and as a process, measured beside bare SQLite and bare gRPC."""
