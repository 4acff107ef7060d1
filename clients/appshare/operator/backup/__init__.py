"""Copies of all that a cloud keeps on one machine, taken while it runs."""
