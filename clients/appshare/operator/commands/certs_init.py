"""`appshare-admin certs init`."""

import click

from appshare.command_line.command import Command, json_option
from appshare.command_line.output import Output
from appshare.operator.certificate_folder import CertificateFolder, read_names
from appshare.operator.commands.certs_shown import folder_option, show_certificates


@click.command(
    cls=Command,
    examples="""
    appshare-admin certs init --out certs --name cloud.example.org --name 203.0.113.7
    appshare-admin certs init --out certs --name relation-radar=radar.internal
    """,
)
@folder_option
@click.option(
    "--name",
    "names",
    multiple=True,
    metavar="[PROCESS=]HOST",
    help="A name or address by which the gateway is reached, or the PROCESS that is named; localhost is always there.",
)
@click.option("--if-missing", is_flag=True, help="Make only what is missing, has ended, or lacks a name.")
@json_option
def init(folder: CertificateFolder, names: tuple[str, ...], output: Output, *, if_missing: bool) -> None:
    """Make a private CA and a certificate for the gateway and each service.

    Each process gets its own folder and nothing else: ca.pem, certificate.pem and key.pem. Devices get ca.pem. The
    key of the CA, ca/key.pem, is only needed to renew: keep it away from the servers.
    """
    if not if_missing:
        folder.require_unused()
    show_certificates(folder, folder.complete(read_names(names)), output)
