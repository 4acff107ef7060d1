"""Where upstreams may be, and where they may send us: only to addresses that the operator has named, or by TLS.

Nobody but the operator makes this machine call another: an index has no say in it, its mirrors are not used.
"""

import ipaddress
from urllib.parse import SplitResult, urljoin, urlsplit

LONGEST_ADDRESS = 500


class InvalidAddress(ValueError):  # noqa: N818  # says what is the case
    """No address of a repository; the message says what to do."""


def require_address(text: str, *, plain_http: bool) -> str:
    """The address of a repository, without a slash at its end.

    Args:
        plain_http: whether it may do without TLS beyond this machine.

    Raises:
        InvalidAddress: it is none, or would be asked in plain text.
    """
    parts = _split(text)
    if len(text) > LONGEST_ADDRESS or parts is None or parts.username or parts.query or parts.fragment:
        raise InvalidAddress("not an address such as https://example.org/fdroid/repo, without user, ? and #")
    if parts.scheme == "http" and not plain_http and not _is_loopback(parts):
        raise InvalidAddress("plain http is for this machine only; use https, or allow plain http for this upstream")
    return text.rstrip("/")


def redirected(address: str, location: str) -> str | None:
    """Where a redirection leads; None: nowhere that may be asked.

    Away from TLS it never leads, and in plain text to the same host only: what listens in plain text on a network
    does not expect to be called by us.
    """
    target = urljoin(address, location)
    before, after = _split(address), _split(target)
    if before is None or after is None or after.username:
        return None
    if after.scheme == "https" or (before.scheme == "http" and before.netloc == after.netloc):
        return target
    return None


def _split(text: str) -> SplitResult | None:
    """The parts of an http address; None: it is none."""
    if not text.isascii() or not text.isprintable() or " " in text:
        return None
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return None
    return parts if parts.scheme in {"http", "https"} and parts.hostname else None


def _is_loopback(parts: SplitResult) -> bool:
    host = parts.hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
