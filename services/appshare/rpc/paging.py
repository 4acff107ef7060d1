"""Pages of a list: sizes within bounds and opaque tokens."""

import base64
import json
from collections.abc import Sequence

from appshare import errors

DEFAULT_PAGE_SIZE = 50
MAX_PAGE_SIZE = 200

_INT64 = range(-(2**63), 2**63)
"""What the integers of a key are from: a database takes no others."""


def page_size(requested: int) -> int:
    """How many items a page has: 0 asks for the default, more than the maximum gets the maximum."""
    return min(requested, MAX_PAGE_SIZE) if requested else DEFAULT_PAGE_SIZE


def encode_token(*last_key: str | int) -> str:
    """The token of the page that starts behind the item with `last_key`."""
    return base64.urlsafe_b64encode(json.dumps(last_key, ensure_ascii=False).encode()).decode()


def decode_token(token: str, *types: type[str] | type[int]) -> tuple[str | int, ...] | None:
    """The key behind which a page starts; None for the first page.

    Raises:
        errors.InvalidArgumentError: INVALID_PAGE_TOKEN, when `encode_token` did not make it of a key of `types`.
    """
    if not token:
        return None
    try:
        key = json.loads(base64.urlsafe_b64decode(token))
        if _is_key(key, types) and encode_token(*key) == token:
            return tuple(key)
    except (ValueError, RecursionError):
        pass
    raise invalid_page_token()


def invalid_page_token() -> errors.InvalidArgumentError:
    """The error for what is not a page token of a list."""
    return errors.InvalidArgumentError(
        errors.Reason.INVALID_PAGE_TOKEN, "not a page token of this list; start again without one", field="page_token"
    )


def _is_key(key: object, types: Sequence[type]) -> bool:
    if not isinstance(key, list) or [type(part) for part in key] != list(types):
        return False
    return all(part in _INT64 for part in key if isinstance(part, int))
