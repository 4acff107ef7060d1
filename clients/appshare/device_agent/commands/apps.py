"""`appshare apps`."""

import click

from appshare.command_line.lazy_group import LazyCommand, LazyGroup

_COMMANDS = "appshare.device_agent.commands"


@click.group(
    cls=LazyGroup,
    lazy={
        "publish": LazyCommand(f"{_COMMANDS}.apps_publish:publish", "Tell the cloud which apps are installed."),
        "list": LazyCommand(f"{_COMMANDS}.apps_list:list_apps", "List your apps and with whom they are shared."),
        "share": LazyCommand(f"{_COMMANDS}.apps_share:share", "Say with whom apps are shared."),
        "default": LazyCommand(f"{_COMMANDS}.apps_default:default", "Say with whom new apps are shared."),
        "preview": LazyCommand(f"{_COMMANDS}.apps_preview:preview", "See your apps as somebody else does."),
    },
    examples="""
    appshare apps publish installed.json
    appshare apps share org.example.notes --with friends
    appshare apps preview "Li Wei"
    """,
)
def apps() -> None:
    """Publish your apps and say with whom to share them."""
