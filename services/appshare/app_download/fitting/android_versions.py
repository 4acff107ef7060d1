"""Android's version names and API levels (developer.android.com: uses-sdk, "What is API Level?")."""

import re

_API_LEVELS = {
    "1.0": 1,
    "1.1": 2,
    "1.5": 3,
    "1.6": 4,
    "2.0": 5,
    "2.0.1": 6,
    "2.1": 7,
    "2.2": 8,
    "2.3": 9,
    "2.3.3": 10,
    "3.0": 11,
    "3.1": 12,
    "3.2": 13,
    "4.0": 14,
    "4.0.3": 15,
    "4.1": 16,
    "4.2": 17,
    "4.3": 18,
    "4.4": 19,
    "4.4W": 20,
    "5.0": 21,
    "5.1": 22,
    "6.0": 23,
    "7.0": 24,
    "7.1": 25,
    "8.0": 26,
    "8.1": 27,
    "9": 28,
    "10": 29,
    "11": 30,
    "12": 31,
    "12L": 32,
    "13": 33,
    "14": 34,
    "15": 35,
    "16": 36,
}
_VERSION_NAMES = {level: version for version, level in _API_LEVELS.items()}

# The maintenance releases whose API level is not that of the version they shorten to.
_MAINTAINED = {"2.3.4": "2.3.3", "2.3.5": "2.3.3", "2.3.6": "2.3.3", "2.3.7": "2.3.3", "4.0.4": "4.0.3"}

_VERSION = re.compile(r"\d+(\.\d+)*[LW]?")


def api_level(version: str) -> int | None:
    """The API level of an Android version such as `14`, `8.1.0` or `12L`; None if it is not known."""
    if not _VERSION.fullmatch(version):
        return None
    parts = _MAINTAINED.get(version, version).split(".")
    shortened = (".".join(parts[:length]) for length in range(len(parts), 0, -1))
    for release in (*shortened, f"{version}.0"):
        if release in _API_LEVELS:
            return _API_LEVELS[release]
    return None


def version_name(api_level: int) -> str | None:
    """The Android version that brought an API level; None if it is not known."""
    return _VERSION_NAMES.get(api_level)
