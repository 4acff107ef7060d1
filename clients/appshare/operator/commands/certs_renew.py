"""`appshare-admin certs renew`."""

import click

from appshare.command_line.command import Command, json_option
from appshare.command_line.output import Output
from appshare.operator.certificate_folder import CertificateFolder
from appshare.operator.commands.certs_shown import folder_option, show_certificates


@click.command(
    cls=Command,
    examples="""
    appshare-admin certs renew --out certs
    """,
)
@folder_option
@json_option
def renew(folder: CertificateFolder, output: Output) -> None:
    """Give every process a new key and certificate from the same CA, under the same names.

    Processes that run take them up by themselves; devices notice nothing.
    """
    show_certificates(folder, folder.renew(), output)
