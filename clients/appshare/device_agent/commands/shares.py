"""`appshare shares`."""

import click

from appshare.command_line.command import Command, asynchronous, json_option
from appshare.command_line.output import Output
from appshare.device_agent.agent_home import AgentHome
from appshare.device_agent.commands.home import pass_home
from appshare.device_agent.connection import open_client
from appshare.device_agent.people import find_person


@click.command(
    cls=Command,
    examples="""
    appshare shares "Li Wei"
    appshare shares +8613800138000 --json
    """,
)
@click.argument("person")
@json_option
@pass_home
@asynchronous
async def shares(home: AgentHome, person: str, output: Output) -> None:
    """List what PERSON shares with you, also while that person is offline."""
    owner = find_person(person, home.address_book())
    async with open_client(home) as client:
        found = await client.shares(owner)
    if output.as_json:
        output.document({"shares": found})
        return
    output.table(
        ["App", "Package", "Version", "Platform"],
        [[each.app.label, each.app.package_name, each.app.version_name, each.app.platform] for each in found],
    )
    output.text(f'`appshare get "{person}" PACKAGE` downloads one.')
