"""`appshare`: a table of contents of the commands; each is imported only when it is used."""

from pathlib import Path

import click

from appshare.command_line.exit_code import EXIT_CODES_HELP
from appshare.command_line.lazy_group import LazyCommand, LazyGroup

_COMMANDS = "appshare.device_agent.commands"


@click.group(
    cls=LazyGroup,
    lazy={
        "register": LazyCommand(f"{_COMMANDS}.register:register", "Register this device with its phone number."),
        "contacts": LazyCommand(
            f"{_COMMANDS}.contacts:contacts", "Sync the address book, and say who stays out of it."
        ),
        "friends": LazyCommand(f"{_COMMANDS}.friends:friends", "List your friends, or check people."),
        "block": LazyCommand(f"{_COMMANDS}.block:block", "Block somebody: neither sees anything of the other."),
        "unblock": LazyCommand(f"{_COMMANDS}.unblock:unblock", "Take a block back."),
        "blocks": LazyCommand(f"{_COMMANDS}.blocks:blocks", "List whom you block."),
        "apps": LazyCommand(f"{_COMMANDS}.apps:apps", "Publish your apps and say with whom to share them."),
        "shares": LazyCommand(f"{_COMMANDS}.shares:shares", "List what friends share with you."),
        "get": LazyCommand(f"{_COMMANDS}.get:get", "Download an app in the build that fits."),
        "updates": LazyCommand(f"{_COMMANDS}.updates:updates", "Look for newer versions of your apps."),
        "push": LazyCommand(f"{_COMMANDS}.push:push", "Push shared apps to friends, or take a push back."),
        "preferences": LazyCommand(
            f"{_COMMANDS}.preferences:preferences", "Say what others may send you and learn of you."
        ),
        "watch": LazyCommand(f"{_COMMANDS}.watch:watch", "Print what friends push and do, as it comes."),
        "devices": LazyCommand(f"{_COMMANDS}.devices:devices", "List and remove the devices of your number."),
        "delete-everything": LazyCommand(
            f"{_COMMANDS}.delete_everything:delete_everything", "Remove all that is kept of your number."
        ),
    },
    examples="""
    appshare register +8613800138000 --device phone.json
    appshare contacts sync contacts.vcf
    appshare shares "Li Wei"
    appshare get "Li Wei" org.example.notes
    """,
    epilog=EXIT_CODES_HELP,
    context_settings={"max_content_width": 100},
)
@click.option(
    "--home",
    type=click.Path(file_okay=False, path_type=Path),
    envvar="APPSHARE_HOME",
    help="Folder that keeps this device's registration, contacts and profile."
    " [APPSHARE_HOME; default: appshare in $XDG_CONFIG_HOME or ~/.config]",
)
@click.version_option(package_name="appshare")
@click.pass_context
def main(ctx: click.Context, home: Path | None) -> None:
    """Share apps with friends, each in exactly the build that fits.

    PERSON is a name from your contacts or a part of it, a phone number, or device:ID. Every command takes --json.
    """
    ctx.obj = home


if __name__ == "__main__":
    main()
