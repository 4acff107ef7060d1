"""`appshare preferences`."""

import click

from appshare.command_line.lazy_group import LazyCommand, LazyGroup

_COMMANDS = "appshare.device_agent.commands"


@click.group(
    cls=LazyGroup,
    lazy={
        "pushes": LazyCommand(f"{_COMMANDS}.preferences_pushes:pushes", "Say from whom you accept pushes."),
        "mute": LazyCommand(f"{_COMMANDS}.preferences_mute:mute", "Accept nothing from somebody."),
        "unmute": LazyCommand(f"{_COMMANDS}.preferences_mute:unmute", "Take that back."),
        "receipts": LazyCommand(f"{_COMMANDS}.preferences_receipts:receipts", "Say whether owners learn of installs."),
    },
    default="pushes",
    examples="""
    appshare preferences
    appshare preferences --push friends
    appshare preferences mute "Li Wei"
    """,
)
def preferences() -> None:
    """Say what others may send you and learn of you; alone it shows it.

    `appshare preferences pushes --help` lists the options.
    """
