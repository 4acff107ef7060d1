"""How the operator's command reaches the gateway: as it is told, or as the gateway on this machine has left it."""

import json
import os
from dataclasses import dataclass
from pathlib import Path

from appshare.command_line.ca_option import read_ca
from appshare.command_line.input_error import InputError
from appshare.command_line.server_address import ServerAddress

_ADVICE = "start the cloud with `appshare-server all`, name its --data folder, or give --server and --token-file"


def default_data_folder() -> Path:
    """Where the servers keep their data unless they are told otherwise (XDG Base Directory Specification)."""
    base = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(base) / "appshare"


@dataclass(frozen=True)
class AccessOptions:
    """What the command was told; None for what it has to find.

    Attributes:
        data: the folder of the servers on this machine.
    """

    server: str | None
    token_file: Path | None
    data: Path
    ca_file: Path | None = None


@dataclass(frozen=True)
class Access:
    """Where the operator port is, the right to use it, and the authorities to trust; None: the public ones."""

    server: str
    token: str
    ca: bytes | None = None


def find_access(options: AccessOptions) -> Access:
    """Finds what the options leave open.

    Raises:
        InputError: it is not there; the message says what to do.
    """
    gateway = options.data / "gateway"
    server = options.server or _read_endpoint(gateway / "endpoints.json")
    try:
        ServerAddress.parse(server)
    except ValueError as error:
        raise InputError(f"--server: {error}") from None
    token = _read_token(options.token_file or gateway / "operator.token")
    return Access(server, token, read_ca(options.ca_file))


def _read_endpoint(path: Path) -> str:
    try:
        endpoints = json.loads(_read(path, "where the gateway listens"))
        return str(endpoints["operators"])
    except (ValueError, KeyError, TypeError):
        raise InputError(f"{path} does not say where the gateway listens; {_ADVICE}") from None


def _read_token(path: Path) -> str:
    token = _read(path, "the operator token").strip()
    if not token.isascii() or not token.isprintable() or not token:
        raise InputError(f"{path} holds no operator token; {_ADVICE}")
    return token


def _read(path: Path, what: str) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise InputError(f"{what} is not known, there is no {path}: {_ADVICE}") from None
    except PermissionError:
        raise InputError(f"{path} cannot be read: run this as the user that runs the gateway") from None
