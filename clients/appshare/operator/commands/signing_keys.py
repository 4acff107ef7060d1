"""`appshare-admin signing-keys`."""

import click

from appshare.command_line.lazy_group import LazyCommand, LazyGroup

_COMMANDS = "appshare.operator.commands"


@click.group(
    cls=LazyGroup,
    lazy={
        "rotate": LazyCommand(f"{_COMMANDS}.signing_keys_rotate:rotate", "Sign with a new key from now on."),
        "list": LazyCommand(f"{_COMMANDS}.signing_keys_list:list_keys", "List the keys whose tokens are not over."),
    },
    examples="""
    appshare-admin signing-keys rotate
    appshare-admin signing-keys list
    """,
)
def signing_keys() -> None:
    """Replace the key that signs the access tokens of devices; no phone has to do anything."""
