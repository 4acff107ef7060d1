"""`appshare-admin upstreams`."""

import click

from appshare.command_line.lazy_group import LazyCommand, LazyGroup

_COMMANDS = "appshare.operator.commands"


@click.group(
    cls=LazyGroup,
    lazy={
        "add": LazyCommand(f"{_COMMANDS}.upstreams_add:add", "Add a signed F-Droid repository."),
        "list": LazyCommand(
            f"{_COMMANDS}.upstreams_list:list_upstreams", "List the repositories and how each is doing."
        ),
        "refresh": LazyCommand(f"{_COMMANDS}.upstreams_refresh:refresh", "Fetch what has changed at a repository."),
        "remove": LazyCommand(f"{_COMMANDS}.upstreams_remove:remove", "Remove a repository."),
    },
    examples=f"""
    appshare-admin upstreams add https://example.org/repo --fingerprint {"8090685d94ae70e2" * 4}
    appshare-admin upstreams list
    """,
)
def upstreams() -> None:
    """Keep the signed F-Droid repositories that are searched for what the catalogue does not have."""
