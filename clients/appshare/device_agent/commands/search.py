"""`appshare search`."""

from collections.abc import Mapping
from pathlib import Path

import click

from appshare.command_line.command import Command, asynchronous, json_option
from appshare.command_line.output import Output
from appshare.device_agent.agent_home import AgentHome
from appshare.device_agent.calls.downloads import MOST_FOUND
from appshare.device_agent.commands.home import pass_home
from appshare.device_agent.commands.owner_names import owner_names, shown_owners
from appshare.device_agent.connection import open_client
from appshare.device_agent.model import Availability, NamedApp, NamedApps
from appshare.fit.device_profile import load_device_profile

_WITHOUT_VERSION = {
    Availability.UNKNOWN: "?",
    Availability.APP_STORE: "App Store",
    Availability.NO_FIT: "none fits",
}


@click.command(
    cls=Command,
    examples="""
    appshare search notes
    appshare search "open street" --device phone.json
    appshare search notes --json
    """,
)
@click.argument("text")
@click.option(
    "--device",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Device-spec JSON; default: the one given to `appshare register`.",
)
@json_option
@pass_home
@asynchronous
async def search(home: AgentHome, *, text: str, device: Path | None, output: Output) -> None:
    """Find apps by name that friends share with you, each with the newest version that fits your device.

    All words of TEXT have to be in an app's names, in any language: those that friends, the catalogue or an upstream
    have for it, or its package name. Some clouds also tell of apps that nobody shares with you; they are marked.
    """
    profile = load_device_profile(device) if device else home.device_profile()
    async with open_client(home) as client:
        found = await client.search(text, profile)
        if output.as_json:
            output.document(found)
            return
        names = await owner_names(home, client, found.apps)
    _show(output, found, names)


def _show(output: Output, found: NamedApps, names: Mapping[str, str]) -> None:
    if not found.apps:
        output.text("None of your friends shares such an app.")
        return
    output.table(
        ["App", "Package", "Version", "From", "Friends", "Who"],
        [
            [
                each.label,
                each.package_name,
                _WITHOUT_VERSION.get(each.availability, f"{each.version_name} ({each.version_code})"),
                _source(each),
                each.friend_count,
                shown_owners(each, names),
            ]
            for each in found.apps
        ],
    )
    if any(each.friend_count for each in found.apps):
        output.text("`appshare get PACKAGE` downloads one from whoever has the newest version.")
    if any(each.availability is Availability.NOT_SHARED for each in found.apps):
        output.text("What no friend shares cannot be downloaded until one does.")
    if found.truncated:
        output.note("You have more friends than the operator lets a list hold; it lacks what the others share.")
    if len(found.apps) >= MOST_FOUND:
        output.note("There are more; search for more words.")


def _source(app: NamedApp) -> str:
    match app.availability:
        case Availability.FITS:
            return app.upstream or "catalogue"
        case Availability.NOT_SHARED:
            return f"{app.upstream}, not shared" if app.upstream else "not shared"
        case _:
            return ""
