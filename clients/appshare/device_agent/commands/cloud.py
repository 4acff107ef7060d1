"""Which cloud a device registers with."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any

import click

from appshare.command_line.ca_option import CA_FILE, CA_HELP, read_ca
from appshare.command_line.input_error import InputError
from appshare.command_line.server_address import ServerAddress


@dataclass(frozen=True)
class Cloud:
    """A cloud as the command line names it.

    Attributes:
        server: its address for devices.
        ca: the authorities that its certificate may be from, in PEM; None: the public ones.
    """

    server: str
    ca: str | None


def cloud_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds `--server` and `--ca`; the command gets a `cloud`."""

    @click.option(
        "--server",
        default="127.0.0.1:7400",
        envvar="APPSHARE_SERVER",
        metavar="HOST:PORT",
        help="The cloud's address for devices; TLS, but for this machine. [APPSHARE_SERVER; default: 127.0.0.1:7400]",
    )
    @click.option("--ca", "ca_file", type=CA_FILE, envvar="APPSHARE_CA", help=CA_HELP)
    @wraps(command)
    def run(*args: Any, server: str, ca_file: Path | None, **kwargs: Any) -> Any:
        return command(*args, cloud=_read_cloud(server, ca_file), **kwargs)

    return run


def _read_cloud(server: str, ca_file: Path | None) -> Cloud:
    try:
        address = ServerAddress.parse(server)
    except ValueError as error:
        raise InputError(f"--server: {error}") from None
    ca = read_ca(ca_file)
    return Cloud(str(address), ca.decode("ascii", errors="replace") if ca else None)
