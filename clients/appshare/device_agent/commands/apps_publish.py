"""`appshare apps publish`."""

from pathlib import Path

import click

from appshare.command_line.command import Command, asynchronous, json_option
from appshare.command_line.output import Output, counted
from appshare.device_agent.agent_home import AgentHome
from appshare.device_agent.commands.home import pass_home
from appshare.device_agent.commands.source_option import SourceChoice, source_options
from appshare.device_agent.connection import open_client
from appshare.device_agent.inventory import with_known_labels
from appshare.device_agent.sources.file import FileSource

_HELP = """Tell the cloud which apps are installed, from the phone or from a JSON INVENTORY.

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
    appshare apps publish
    appshare apps publish --source adb
    appshare apps publish installed.json --json
    """,
)
@click.argument("inventory", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@source_options
@json_option
@pass_home
@asynchronous
async def publish(home: AgentHome, inventory: Path | None, source: SourceChoice, output: Output) -> None:
    """Tell the cloud which apps are installed."""
    files = FileSource(inventory=inventory) if inventory else None
    found = source.source(files, "name a JSON INVENTORY").installed_apps()
    installed = with_known_labels(found, home.published_apps() or ())
    async with open_client(home) as client:
        count = await client.publish_apps(installed)
    home.save_published_apps(installed)
    if output.as_json:
        output.document({"app_count": count})
    else:
        output.text(f"Published {counted(count, 'app')}. `appshare apps share PACKAGE --with friends` shares one.")
