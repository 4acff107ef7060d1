"""`appshare-admin signers`."""

import click

from appshare.command_line.lazy_group import LazyCommand, LazyGroup

_COMMANDS = "appshare.operator.commands"


@click.group(
    cls=LazyGroup,
    lazy={
        "list": LazyCommand(f"{_COMMANDS}.signers_list:list_signers", "List whose signature each app is pinned to."),
        "pin": LazyCommand(f"{_COMMANDS}.signers_pin:pin", "Pin an app to a signer."),
        "unpin": LazyCommand(f"{_COMMANDS}.signers_unpin:unpin", "Let the next package pin its signer."),
    },
    examples="""
    appshare-admin signers list
    appshare-admin signers pin org.example.notes
    """,
)
def signers() -> None:
    """Say whose packages of an app are accepted. The first package pins its signer, and keeps it when it is removed."""
