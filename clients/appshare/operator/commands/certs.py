"""`appshare-admin certs`."""

import click

from appshare.command_line.lazy_group import LazyCommand, LazyGroup

_COMMANDS = "appshare.operator.commands"


@click.group(
    cls=LazyGroup,
    lazy={
        "init": LazyCommand(f"{_COMMANDS}.certs_init:init", "Make a private CA and a certificate for each process."),
        "renew": LazyCommand(f"{_COMMANDS}.certs_renew:renew", "Renew the certificates; the CA stays."),
        "list": LazyCommand(f"{_COMMANDS}.certs_list:list_certificates", "List the certificates and when they end."),
    },
    examples="""
    appshare-admin certs init --out certs --name cloud.example.org
    appshare-admin certs renew --out certs
    """,
)
def certs() -> None:
    """Make the certificates by which the processes of a cloud know each other, and devices know the gateway."""
