"""Damaged packages by the thousand: whatever is in a file, the reader answers with what it says or with a refusal."""
