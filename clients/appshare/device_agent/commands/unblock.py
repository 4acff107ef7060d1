"""`appshare unblock`."""

import click

from appshare.command_line.command import Command, asynchronous, json_option
from appshare.command_line.output import Output
from appshare.device_agent.agent_home import AgentHome
from appshare.device_agent.commands.home import pass_home
from appshare.device_agent.commands.person_choice import pick_person
from appshare.device_agent.connection import open_client


@click.command(
    cls=Command,
    examples="""
    appshare unblock "Li Wei"
    appshare unblock --id 5d41402a
    """,
)
@click.argument("person", required=False)
@click.option("--id", "block_id", help="As `appshare blocks` lists it; for people who are not in your contacts.")
@json_option
@pass_home
@asynchronous
async def unblock(home: AgentHome, person: str | None, block_id: str | None, output: Output) -> None:
    """Take the block of PERSON back; what you share with each other is there again at once."""
    if bool(person) == bool(block_id):
        raise click.UsageError("name a PERSON, or the --id of a block")
    blocked = pick_person(person, home, output) if person else None
    async with open_client(home) as client:
        if blocked:
            await client.unblock(blocked)
        else:
            await client.unblock_by_id(block_id or "")
    if output.as_json:
        output.document({"unblocked": person or block_id})
    else:
        output.text(f"{person or block_id} is not blocked.")
