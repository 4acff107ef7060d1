"""`appshare-server health`: whether a process serves, for container health checks."""

import asyncio
import sys
from pathlib import Path

import click

from appshare.rpc.address import Address
from appshare.rpc.certificates import CertificateFiles, UnusableCertificateError
from appshare.rpc.health import ask_health, open_own_channel

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command("health")
@click.argument("address", envvar="APPSHARE_LISTEN", default="127.0.0.1:7400")
@click.option("--tls-certificate", type=_FILE, envvar="APPSHARE_TLS_CERTIFICATE", help="What the process shows, PEM.")
@click.option("--tls-key", type=_FILE, envvar="APPSHARE_TLS_KEY", help="The private key of the certificate, PEM.")
@click.option("--service", default="", help="Ask about one service, or a gateway's operator port about readiness.")
@click.option("--time-limit", default=5.0, show_default=True, help="Seconds to wait for the answer.")
def main(address: str, tls_certificate: Path | None, tls_key: Path | None, service: str, time_limit: float) -> None:
    """Asks the process at ADDRESS (host:port, or APPSHARE_LISTEN) whether it serves.

    Certificate and key are those of the process itself, from APPSHARE_TLS_CERTIFICATE and APPSHARE_TLS_KEY as it reads
    them.

    Exit codes: 0 it serves, 1 it does not, 2 not an address.
    """
    try:
        where = Address.parse(address)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    certificates = CertificateFiles(tls_certificate, tls_key) if tls_certificate and tls_key else None
    try:
        status = asyncio.run(_check(where, certificates, service, time_limit))
    except UnusableCertificateError as error:
        raise click.ClickException(str(error)) from error
    click.echo(status)
    sys.exit(status != "SERVING")


async def _check(address: Address, certificates: CertificateFiles | None, service: str, time_limit: float) -> str:
    async with open_own_channel(address, certificates) as channel:
        return await ask_health(channel, service=service, time_limit=time_limit)
