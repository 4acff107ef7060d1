"""The RPCs of RelationRadar by topic; together they are its servicer."""
