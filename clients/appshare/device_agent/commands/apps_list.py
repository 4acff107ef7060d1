"""`appshare apps list`."""

import click

from appshare.command_line.command import Command, asynchronous, json_option
from appshare.command_line.output import Output
from appshare.device_agent.agent_home import AgentHome
from appshare.device_agent.client import DeviceClient
from appshare.device_agent.commands.home import pass_home
from appshare.device_agent.connection import open_client
from appshare.device_agent.model import Audience, AudienceKind, InventoryApp
from appshare.device_agent.people import friend_names, shown_device


@click.command(
    "list",
    cls=Command,
    examples="""
    appshare apps list
    appshare apps list --json
    """,
)
@json_option
@pass_home
@asynchronous
async def list_apps(home: AgentHome, output: Output) -> None:
    """List your apps and with whom they are shared."""
    async with open_client(home) as client:
        apps = await client.my_apps()
        names = {} if output.as_json else await _names(home, client, apps)
    if output.as_json:
        output.document({"apps": apps})
        return
    if not apps:
        output.text("No apps yet; `appshare apps publish INVENTORY.json` makes yours known.")
        return
    output.table(
        ["App", "Package", "Version", "Shared with"],
        [
            [each.app.label, each.app.package_name, each.app.version_name, _shown_audience(each.audience, names)]
            for each in apps
        ],
    )


async def _names(home: AgentHome, client: DeviceClient, apps: list[InventoryApp]) -> dict[str, str]:
    """What selected devices are called; asked for only when there are some."""
    if not any(each.audience.kind is AudienceKind.SELECTED for each in apps):
        return {}
    return friend_names(home.address_book(), (await client.friends()).friends)


def _shown_audience(audience: Audience, names: dict[str, str]) -> str:
    if audience.kind is not AudienceKind.SELECTED:
        return audience.kind
    return ", ".join(shown_device(device_id, names) for device_id in audience.selected_device_ids)
