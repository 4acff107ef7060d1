"""Upstreams: signed F-Droid repositories, searched for what the catalogue does not have."""
