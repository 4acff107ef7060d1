"""Verifies who signed an APK, and from which Android version on a device accepts the signature."""
