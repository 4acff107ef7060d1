"""`appshare-admin packages`."""

import click

from appshare.command_line.lazy_group import LazyCommand, LazyGroup

_COMMANDS = "appshare.operator.commands"


@click.group(
    cls=LazyGroup,
    lazy={
        "add": LazyCommand(f"{_COMMANDS}.packages_add:add", "Add package files to the catalogue."),
        "list": LazyCommand(f"{_COMMANDS}.packages_list:list_packages", "List the packages."),
        "remove": LazyCommand(f"{_COMMANDS}.packages_remove:remove", "Remove a package."),
        "match": LazyCommand(f"{_COMMANDS}.packages_match:match", "Say which build of an app fits a device."),
        "search": LazyCommand(f"{_COMMANDS}.packages_search:search", "Find apps by name, in upstreams too."),
        "app-store-link": LazyCommand(
            f"{_COMMANDS}.packages_app_store_link:app_store_link", "Set the link that an iPhone gets for an app."
        ),
    },
    examples="""
    appshare-admin packages add notes.apk
    appshare-admin packages match org.example.notes --spec phone.json
    """,
)
def packages() -> None:
    """Add, list, remove and try the packages of the catalogue."""
