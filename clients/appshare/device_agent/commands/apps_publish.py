"""`appshare apps publish`."""

from pathlib import Path

import click

from appshare.command_line.command import Command, asynchronous, json_option
from appshare.command_line.output import Output, counted
from appshare.device_agent.agent_home import AgentHome
from appshare.device_agent.commands.home import pass_home
from appshare.device_agent.connection import open_client
from appshare.device_agent.inventory import load_inventory

_HELP = """Tell the cloud which apps are installed, from a JSON INVENTORY.

\b
{"apps": [{"package_name": "org.example.notes", "label": "Notes",
           "version_name": "2.1", "version_code": 21}]}

signer_sha256 and platform (android, ios) may be added. An app keeps its audience; a new one is
shared with whom `appshare apps default` says, at first nobody.
"""


@click.command(
    cls=Command,
    help=_HELP,
    examples="""
    appshare apps publish installed.json
    appshare apps publish installed.json --json
    """,
)
@click.argument("inventory", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@json_option
@pass_home
@asynchronous
async def publish(home: AgentHome, inventory: Path, output: Output) -> None:
    """Tell the cloud which apps are installed."""
    installed = load_inventory(inventory)
    async with open_client(home) as client:
        count = await client.publish_apps(installed)
    if output.as_json:
        output.document({"app_count": count})
    else:
        output.text(f"Published {counted(count, 'app')}. `appshare apps share PACKAGE --with friends` shares one.")
