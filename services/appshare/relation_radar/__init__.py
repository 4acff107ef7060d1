"""RelationRadar: devices, address books and friendship."""
