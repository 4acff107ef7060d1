"""Reads what an upstream publishes: a program of its own, because what it reads is hostile until proven otherwise."""
