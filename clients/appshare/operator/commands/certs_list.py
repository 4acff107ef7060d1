"""`appshare-admin certs list`."""

import click

from appshare.command_line.command import Command, json_option
from appshare.command_line.output import Output
from appshare.operator.certificate_folder import CertificateFolder
from appshare.operator.commands.certs_shown import folder_option, show_certificates


@click.command(
    name="list",
    cls=Command,
    examples="""
    appshare-admin certs list --out certs
    """,
)
@folder_option
@json_option
def list_certificates(folder: CertificateFolder, output: Output) -> None:
    """List the certificates of the processes: until when they are good, and for which names."""
    show_certificates(folder, folder.certificates(), output)
