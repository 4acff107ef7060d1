"""`appshare-admin`: a table of contents of the commands; each is imported only when it is used."""

from pathlib import Path

import click

from appshare.command_line.ca_option import CA_FILE, CA_HELP
from appshare.command_line.exit_code import EXIT_CODES_HELP
from appshare.command_line.lazy_group import LazyCommand, LazyGroup
from appshare.operator.access import AccessOptions, default_data_folder

_COMMANDS = "appshare.operator.commands"


@click.group(
    cls=LazyGroup,
    lazy={
        "packages": LazyCommand(f"{_COMMANDS}.packages:packages", "Add, list, remove and try the packages."),
        "table": LazyCommand(f"{_COMMANDS}.table:table", "Show the adaptation table: which file serves which devices."),
        "storage": LazyCommand(f"{_COMMANDS}.storage:storage", "Check and clean the files of the packages."),
        "keys": LazyCommand(f"{_COMMANDS}.keys:keys", "Replace the key under which phone numbers are stored."),
        "certs": LazyCommand(f"{_COMMANDS}.certs:certs", "Make and renew the certificates of the processes."),
    },
    examples="""
    appshare-admin packages add notes.apk downloads/
    appshare-admin packages list
    appshare-admin --data /srv/appshare table
    """,
    epilog=EXIT_CODES_HELP,
    context_settings={"max_content_width": 100},
)
@click.option(
    "--server",
    envvar="APPSHARE_OPERATOR_SERVER",
    metavar="HOST:PORT",
    help="The gateway's address for operators. [APPSHARE_OPERATOR_SERVER; default: as the gateway left it in --data]",
)
@click.option(
    "--token-file",
    type=click.Path(dir_okay=False, path_type=Path),
    envvar="APPSHARE_OPERATOR_TOKEN_FILE",
    help="File with the operator token. [APPSHARE_OPERATOR_TOKEN_FILE; default: as the gateway left it in --data]",
)
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    envvar="APPSHARE_DATA",
    help="The servers' folder on this machine. [APPSHARE_DATA; default: appshare in $XDG_DATA_HOME or ~/.local/share]",
)
@click.option("--ca", type=CA_FILE, envvar="APPSHARE_CA", help=CA_HELP)
@click.version_option(package_name="appshare")
@click.pass_context
def main(ctx: click.Context, server: str | None, token_file: Path | None, data: Path | None, ca: Path | None) -> None:
    """Keep the catalogue, the number key and the certificates of an AppShare cloud.

    On the machine of the gateway the command finds its address and token by itself. Every command takes --json.
    """
    ctx.obj = AccessOptions(server, token_file, data or default_data_folder(), ca)


if __name__ == "__main__":
    main()
