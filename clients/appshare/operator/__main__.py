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
        "status": LazyCommand(f"{_COMMANDS}.status:status", "Say how every process of the cloud does."),
        "limits": LazyCommand(f"{_COMMANDS}.limits:limits", "Say which limits and other settings are in force."),
        "packages": LazyCommand(f"{_COMMANDS}.packages:packages", "Add, list, remove and try the packages."),
        "inspect": LazyCommand(f"{_COMMANDS}.inspect:inspect", "Say what package files say of themselves; no server."),
        "fit": LazyCommand(f"{_COMMANDS}.fit:fit", "Say which of package files a device gets; no server."),
        "table": LazyCommand(f"{_COMMANDS}.table:table", "Show the adaptation table: which file serves which devices."),
        "devices": LazyCommand(f"{_COMMANDS}.devices:devices", "Count the registered devices, and remove one."),
        "adaptations": LazyCommand(f"{_COMMANDS}.adaptations:adaptations", "Deny, prefer or force builds on devices."),
        "signers": LazyCommand(f"{_COMMANDS}.signers:signers", "Say whose packages of an app are accepted."),
        "versions": LazyCommand(f"{_COMMANDS}.versions:versions", "Say from which version on an app is good."),
        "upstreams": LazyCommand(
            f"{_COMMANDS}.upstreams:upstreams", "Keep the repositories that are searched on a miss."
        ),
        "storage": LazyCommand(f"{_COMMANDS}.storage:storage", "Check and clean the files of the packages."),
        "keys": LazyCommand(f"{_COMMANDS}.keys:keys", "Replace the key under which phone numbers are stored."),
        "backup": LazyCommand(f"{_COMMANDS}.backup:backup", "Copy what the servers keep, and put it back."),
        "migrate": LazyCommand(f"{_COMMANDS}.migrate:migrate", "Move what the services keep to PostgreSQL, or back."),
        "signing-keys": LazyCommand(
            f"{_COMMANDS}.signing_keys:signing_keys", "Replace the key that signs devices' access tokens."
        ),
        "operators": LazyCommand(f"{_COMMANDS}.operators:operators", "Say who may operate the cloud."),
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
    """Keep the catalogue, its upstreams, the keys, the operators and the certificates of an AppShare cloud.

    On the machine of the gateway the command finds its address and token by itself. Every command takes --json.
    """
    ctx.obj = AccessOptions(server, token_file, data or default_data_folder(), ca)


if __name__ == "__main__":
    main()
