"""How fast packages come through, what a phone that reads slowly costs, and what others notice of downloads."""
