"""`appshare friends`."""

import click

from appshare.command_line.lazy_group import LazyCommand, LazyGroup

_COMMANDS = "appshare.device_agent.commands"


@click.group(
    cls=LazyGroup,
    lazy={
        "list": LazyCommand(f"{_COMMANDS}.friends_list:list_friends", "List your friends, and why they are."),
        "check": LazyCommand(f"{_COMMANDS}.friends_check:check", "Say whether somebody is your friend."),
    },
    default="list",
    examples="""
    appshare friends
    appshare friends check "Li Wei" +8613800138000
    """,
)
def friends() -> None:
    """List your friends, or check people; alone it lists them."""
