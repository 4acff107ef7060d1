"""`appshare-server`: a table of contents of the processes; each is imported only when it is started."""

import os

import click

from appshare.loading import load

_GRPC_LOGS = ("GRPC_VERBOSITY", "NONE")
"""gRPC would write to standard error what strangers send it, byte for byte, and from which address."""

_COMMANDS = {
    "relation-radar": ("appshare.relation_radar.__main__", "Devices, address books and friendship."),
    "share-registry": ("appshare.share_registry.__main__", "Shared apps, audiences, pushes and inboxes."),
    "app-download": ("appshare.app_download.__main__", "Catalogue, device fit and the bytes of packages."),
    "gateway": ("appshare.gateway.__main__", "The one door for devices and operators."),
    "all": ("appshare.server.all_command", "The whole cloud on this machine: all four, supervised."),
    "health": ("appshare.server.health_command", "Asks a process whether it serves."),
}


def load_command(name: str) -> click.Command:
    """Imports a command, which takes most of the time that it needs to start."""
    os.environ.setdefault(*_GRPC_LOGS)  # before gRPC is imported, which reads it only then
    command: click.Command = load(_COMMANDS[name][0]).main
    return command


class _Server(click.Group):
    """A group that knows its commands by name only."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return load_command(cmd_name) if cmd_name in _COMMANDS else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in _COMMANDS.items()])


@click.command(cls=_Server)
@click.version_option(package_name="appshare")
def main() -> None:
    """Starts AppShare: one of its four processes, or all of them.

    On one machine `appshare-server all` is the whole cloud. Every setting is a flag or an environment variable;
    `appshare-server PROCESS --help` lists them.
    """


if __name__ == "__main__":
    main()
