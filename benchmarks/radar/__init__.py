"""RelationRadar on its real store, measured beside bare SQLite."""
