"""`appshare updates`."""

from collections.abc import Sequence
from pathlib import Path

import click

from appshare.command_line.command import Command, asynchronous, json_option
from appshare.command_line.input_error import InputError
from appshare.command_line.output import Output, counted
from appshare.device_agent.agent_home import AgentHome
from appshare.device_agent.client import DeviceClient
from appshare.device_agent.commands.home import pass_home
from appshare.device_agent.connection import open_client
from appshare.device_agent.inventory import load_inventory
from appshare.device_agent.model import App, AppUpdate, UpdateState
from appshare.fit.device_profile import load_device_profile

_TOLD = {
    UpdateState.AVAILABLE: "`appshare get {}` downloads it",
    UpdateState.OTHER_SIGNER: "signed by somebody else: it cannot replace the app",
}


@click.command(
    cls=Command,
    examples="""
    appshare updates
    appshare updates installed.json --json
    """,
)
@click.argument("inventory", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--device",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Device-spec JSON; default: the one given to `appshare register`.",
)
@json_option
@pass_home
@asynchronous
async def updates(home: AgentHome, inventory: Path | None, device: Path | None, output: Output) -> None:
    """Look for newer versions, shared by friends, of the apps of a JSON INVENTORY; default: those that are published.

    A newer version counts when it fits the device. One that another signer than the installed app's has signed is told,
    too: it could be installed only after the app is removed, with all its data.
    """
    profile = load_device_profile(device) if device else home.device_profile()
    if profile is None:
        raise InputError("what is your device? Give its device-spec JSON with --device FILE")
    installed = load_inventory(inventory) if inventory else None
    async with open_client(home) as client:
        apps = await _published(client) if installed is None else installed
        found = await client.check_updates(apps, profile)
    if output.as_json:
        output.document({"updates": found})
    else:
        _show(output, apps, [each for each in found if each.state is not UpdateState.NONE])


async def _published(client: DeviceClient) -> Sequence[App]:
    return [each.app for each in await client.my_apps()]


def _show(output: Output, apps: Sequence[App], found: Sequence[AppUpdate]) -> None:
    if not found:
        output.text(f"No updates for {counted(len(apps), 'app')}.")
        return
    installed = {app.package_name: app for app in apps}
    output.table(
        ["App", "Package", "Installed", "Newer", ""],
        [
            [
                installed[each.package_name].label,
                each.package_name,
                installed[each.package_name].version_name,
                f"{each.version_name} ({each.version_code})",
                _TOLD[each.state].format(each.package_name),
            ]
            for each in found
        ],
    )
