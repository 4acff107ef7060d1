"""What the gateway leaves in its folder for the operator's command on the same machine."""

import json
import secrets
from pathlib import Path

from appshare.rpc.address import Address

ENDPOINTS_FILE = "endpoints.json"


def write_endpoints(folder: Path, *, devices: Address, operators: Address) -> None:
    """Says where the gateway listens, as JSON: {"devices": "host:port", "operators": "host:port"}.

    Raises:
        OSError: the file cannot be written.
    """
    temporary = folder / f".{ENDPOINTS_FILE}.{secrets.token_hex(8)}"  # other workers write the same
    temporary.write_text(json.dumps({"devices": str(devices), "operators": str(operators)}) + "\n", encoding="utf-8")
    temporary.replace(folder / ENDPOINTS_FILE)
