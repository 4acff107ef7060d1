"""`appshare blocks`."""

import click

from appshare.command_line.command import Command, asynchronous, json_option
from appshare.command_line.output import Output
from appshare.device_agent.agent_home import AgentHome
from appshare.device_agent.commands.home import pass_home
from appshare.device_agent.connection import open_client
from appshare.device_agent.people import contact_names


@click.command(
    cls=Command,
    examples="""
    appshare blocks
    appshare blocks --json
    """,
)
@json_option
@pass_home
@asynchronous
async def blocks(home: AgentHome, output: Output) -> None:
    """List whom you block, the newest first; the names come from your own contacts."""
    async with open_client(home) as client:
        blocked = await client.blocks()
    names = contact_names(home.address_book())
    if output.as_json:
        output.document({"blocks": [{"name": names.get(each.contact_id), **vars(each)} for each in blocked]})
        return
    if not blocked:
        output.text("You block nobody.")
        return
    output.table(
        ["Name", "Since", "Id"],
        [
            [
                names.get(each.contact_id, "(not in your contacts)"),
                each.create_time.astimezone().strftime("%Y-%m-%d %H:%M"),
                each.block_id,
            ]
            for each in blocked
        ],
    )
