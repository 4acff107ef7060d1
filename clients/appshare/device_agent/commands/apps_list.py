"""`appshare apps list`."""

import click

from appshare.command_line.command import Command, asynchronous, json_option
from appshare.command_line.output import Output
from appshare.device_agent.agent_home import AgentHome
from appshare.device_agent.commands.audience_option import selected_names, shown_audience
from appshare.device_agent.commands.home import pass_home
from appshare.device_agent.connection import open_client


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
        names = {} if output.as_json else await selected_names(home, client, [each.audience for each in apps])
    if output.as_json:
        output.document({"apps": apps})
        return
    if not apps:
        output.text("No apps yet; `appshare apps publish INVENTORY.json` makes yours known.")
        return
    output.table(
        ["App", "Package", "Version", "Shared with"],
        [
            [each.app.label, each.app.package_name, each.app.version_name, shown_audience(each.audience, names)]
            for each in apps
        ],
    )
