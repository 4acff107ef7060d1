"""Processes that are forked from a host, which has loaded what they take."""
