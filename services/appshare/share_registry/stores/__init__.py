"""Implementations of `RegistryStore`."""
