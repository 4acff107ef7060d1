"""`appshare`: a table of contents of the commands; each is imported only when it is used."""

import re
from pathlib import Path

import click

from appshare.command_line.exit_code import EXIT_CODES_HELP
from appshare.command_line.lazy_group import LazyCommand, LazyGroup
from appshare.device_agent.home_choice import HomeChoice

_COMMANDS = "appshare.device_agent.commands"
_PROFILE_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}")


def _require_profile_name(_ctx: click.Context, _parameter: click.Parameter, name: str | None) -> str | None:
    if name and not _PROFILE_NAME.fullmatch(name):
        raise click.BadParameter("a profile's name has letters, digits, '-', '_' and '.', at most 64 of them")
    return name or None


@click.group(
    cls=LazyGroup,
    lazy={
        "register": LazyCommand(f"{_COMMANDS}.register:register", "Register this device with its phone number."),
        "invite": LazyCommand(f"{_COMMANDS}.invite:invite", "Invite a friend to your cloud by a link or a QR code."),
        "contacts": LazyCommand(
            f"{_COMMANDS}.contacts:contacts", "Sync the address book, and say who stays out of it."
        ),
        "friends": LazyCommand(f"{_COMMANDS}.friends:friends", "List your friends, or check people."),
        "block": LazyCommand(f"{_COMMANDS}.block:block", "Block somebody: neither sees anything of the other."),
        "unblock": LazyCommand(f"{_COMMANDS}.unblock:unblock", "Take a block back."),
        "blocks": LazyCommand(f"{_COMMANDS}.blocks:blocks", "List whom you block."),
        "apps": LazyCommand(f"{_COMMANDS}.apps:apps", "Publish your apps and say with whom to share them."),
        "shares": LazyCommand(f"{_COMMANDS}.shares:shares", "List what friends share with you."),
        "search": LazyCommand(f"{_COMMANDS}.search:search", "Find apps by name in what friends share with you."),
        "get": LazyCommand(f"{_COMMANDS}.get:get", "Download an app in the build that fits, and install it."),
        "updates": LazyCommand(f"{_COMMANDS}.updates:updates", "Look for newer versions of your apps."),
        "push": LazyCommand(f"{_COMMANDS}.push:push", "Push shared apps to friends, or take a push back."),
        "preferences": LazyCommand(
            f"{_COMMANDS}.preferences:preferences", "Say what others may send you and learn of you."
        ),
        "watch": LazyCommand(f"{_COMMANDS}.watch:watch", "Print what friends push and do, as it comes."),
        "sync": LazyCommand(f"{_COMMANDS}.sync:sync", "Tell the cloud what has changed on the phone."),
        "devices": LazyCommand(f"{_COMMANDS}.devices:devices", "List and remove the devices of your number."),
        "delete-everything": LazyCommand(
            f"{_COMMANDS}.delete_everything:delete_everything", "Remove all that is kept of your number."
        ),
        "doctor": LazyCommand(f"{_COMMANDS}.doctor:doctor", "Find out what does not work, and what to do."),
        "completion": LazyCommand(f"{_COMMANDS}.completion:completion", "Let your shell complete commands."),
    },
    examples="""
    appshare register +8613800138000 --device phone.json
    appshare contacts sync
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
@click.option(
    "--profile",
    envvar="APPSHARE_PROFILE",
    callback=_require_profile_name,
    metavar="NAME",
    help="One of several registrations, for several servers or numbers. [APPSHARE_PROFILE]",
)
@click.version_option(package_name="appshare")
@click.pass_context
def main(ctx: click.Context, home: Path | None, profile: str | None) -> None:
    """Share apps with friends, each in exactly the build that fits.

    PERSON is a name from your contacts or a part of it, a phone number, or device:ID. Contacts and apps come from the
    phone on adb, or that you run this on in Termux, or from files. Every command takes --json.
    """
    ctx.obj = HomeChoice(home, profile)


if __name__ == "__main__":
    main()
