"""Which cloud a device registers with."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any

import click

from appshare import errors
from appshare.command_line.ca_option import CA_FILE, CA_HELP, read_ca
from appshare.command_line.failure import FailureError
from appshare.command_line.input_error import InputError
from appshare.command_line.server_address import ServerAddress
from appshare.command_line.server_certificate import fetch_certificate, name_to_expect
from appshare.device_agent.invitation import Invitation


@dataclass(frozen=True)
class Cloud:
    """A cloud as the command line names it.

    Attributes:
        server: its address for devices.
        ca: the authorities that its certificate may be from, or that certificate, in PEM; None: the public ones.
        server_name: the name that the certificate must be for; None: the host of the address.
    """

    server: str
    ca: str | None = None
    server_name: str | None = None


def invited_cloud(invitation: Invitation) -> Cloud:
    """The cloud of an invitation; its certificate, where it has to be that very one, is looked at before anything else.

    Raises:
        errors.UnavailableError: the server does not answer.
        FailureError: it shows another certificate.
    """
    if invitation.fingerprint is None:
        return Cloud(invitation.server)
    try:
        shown = fetch_certificate(invitation.address)
    except (OSError, ValueError):
        raise errors.UnavailableError(
            errors.Reason.SERVICE_UNAVAILABLE, f"no server with a certificate answers at {invitation.address}"
        ) from None
    if shown.sha256 != invitation.fingerprint:
        raise FailureError(
            "CERTIFICATE_MISMATCH",
            f"the server at {invitation.address} shows another certificate than the one that you were invited to: "
            "it has a new one, or somebody is in between. Nothing was sent; ask for a new invitation",
        )
    return Cloud(invitation.server, shown.pem, name_to_expect(shown, invitation.address.host))


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
