"""What the gateway leaves in its folder for the operator's command on the same machine."""

import json
import secrets
from pathlib import Path

from appshare.rpc.address import Address

OPERATOR_TOKEN_FILE = "operator.token"  # noqa: S105  # a file's name
ENDPOINTS_FILE = "endpoints.json"


def new_operator_token() -> bytes:
    """A fresh operator token, a line of text."""
    return f"{secrets.token_urlsafe(32)}\n".encode()


def write_endpoints(folder: Path, *, devices: Address, operators: Address) -> None:
    """Says where the gateway listens, as JSON: {"devices": "host:port", "operators": "host:port"}.

    Raises:
        OSError: the file cannot be written.
    """
    temporary = folder / f".{ENDPOINTS_FILE}"
    temporary.write_text(json.dumps({"devices": str(devices), "operators": str(operators)}) + "\n", encoding="utf-8")
    temporary.replace(folder / ENDPOINTS_FILE)
