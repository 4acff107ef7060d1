"""Measurements of the project: what it does right, and how fast."""
