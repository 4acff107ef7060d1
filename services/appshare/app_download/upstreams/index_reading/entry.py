"""What `entry.json` says: which index is the current one."""

import json
import re
from typing import Any

from appshare.app_download.upstreams.index_reading.refusal import IndexFault, IndexRefused
from appshare.app_download.upstreams.model import Entry

_SHA256 = re.compile(r"[0-9a-f]{64}")
_VERSIONS = range(20_000, 30_000)
"""Of the format: index v2 and its revisions."""
_LARGEST = 253_402_300_799_000
"""The last second that a time can be, in milliseconds; no size is larger either."""

PATH = re.compile(r"/?(?!\.)[\w+.~-]+(/(?!\.)[\w+.~-]+)*", re.ASCII)
"""A file below the address of a repository: no step upwards, nothing that an address would read as more than a path."""


def read_entry(content: bytes) -> Entry:
    """Reads the content of `entry.json`.

    Raises:
        IndexRefused: it is not of a format that this version knows.
    """
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        raise _malformed("entry.json is no JSON") from None
    index = _field(document, "index", dict)
    version = _number(document, "version")
    if version not in _VERSIONS:
        raise _malformed(f"entry.json is of the format {version}, which this version does not know")
    return Entry(
        timestamp=_number(document, "timestamp"),
        index_path=_matching(index, "name", PATH).removeprefix("/"),
        index_sha256=_matching(index, "sha256", _SHA256),
        index_size=_number(index, "size"),
    )


def _field(document: Any, name: str, kind: type) -> Any:
    value = document.get(name) if isinstance(document, dict) else None
    if not isinstance(value, kind) or isinstance(value, bool):
        raise _malformed(f"entry.json has no {name!r}, or one of the wrong form")
    return value


def _number(document: Any, name: str) -> int:
    value: int = _field(document, name, int)
    if not 0 <= value <= _LARGEST:
        raise _malformed(f"{name!r} of entry.json is out of range")
    return value


def _matching(document: Any, name: str, form: re.Pattern[str]) -> str:
    value: str = _field(document, name, str)
    if not form.fullmatch(value):
        raise _malformed(f"{name!r} of entry.json is of the wrong form")
    return value


def _malformed(message: str) -> IndexRefused:
    return IndexRefused(IndexFault.MALFORMED_ENTRY, message)
