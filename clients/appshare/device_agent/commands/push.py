"""`appshare push`."""

import click

from appshare.command_line.lazy_group import LazyCommand, LazyGroup

_COMMANDS = "appshare.device_agent.commands"


@click.group(
    cls=LazyGroup,
    lazy={
        "send": LazyCommand(f"{_COMMANDS}.push_send:send", "Push what you share to friends."),
        "recall": LazyCommand(f"{_COMMANDS}.push_recall:recall", "Take a push back."),
    },
    default="send",
    examples="""
    appshare push "Li Wei" --note "Try this one"
    appshare push recall
    """,
)
def push() -> None:
    """Push what you share to friends, and take a push back.

    `appshare push PERSON...` sends; `appshare push send --help` lists its options.
    """
