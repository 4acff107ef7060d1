"""Where RelationRadar keeps its data."""
