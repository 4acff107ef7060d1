"""Pages of a list: sizes within bounds and opaque tokens."""

import base64
import binascii
import json

from appshare import errors

DEFAULT_PAGE_SIZE = 50
MAX_PAGE_SIZE = 200


def page_size(requested: int) -> int:
    """How many items a page has: 0 asks for the default, more than the maximum gets the maximum."""
    return min(requested, MAX_PAGE_SIZE) if requested else DEFAULT_PAGE_SIZE


def encode_token(*last_key: str | int) -> str:
    """The token of the page that starts behind the item with `last_key`."""
    return base64.urlsafe_b64encode(json.dumps(last_key).encode()).decode()


def decode_token(token: str, *types: type[str] | type[int]) -> tuple[str | int, ...] | None:
    """The key behind which a page starts; None for the first page.

    Raises:
        errors.InvalidArgumentError: INVALID_PAGE_TOKEN, when the key is not of `types`.
    """
    if not token:
        return None
    try:
        key = json.loads(base64.urlsafe_b64decode(token.encode()))
    except (binascii.Error, ValueError):
        key = None
    if not isinstance(key, list) or [type(part) for part in key] != list(types):
        raise errors.InvalidArgumentError(
            errors.Reason.INVALID_PAGE_TOKEN,
            "not a page token of this list; start again without one",
            field="page_token",
        )
    return tuple(key)
