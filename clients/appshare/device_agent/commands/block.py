"""`appshare block`."""

import click

from appshare.command_line.command import Command, asynchronous, json_option
from appshare.command_line.output import Output
from appshare.device_agent.agent_home import AgentHome
from appshare.device_agent.commands.completions import complete_person
from appshare.device_agent.commands.home import pass_home
from appshare.device_agent.commands.person_choice import pick_person
from appshare.device_agent.connection import open_client


@click.command(
    cls=Command,
    examples="""
    appshare block "Li Wei"
    appshare block +8613800138000
    """,
)
@click.argument("person", shell_complete=complete_person)
@json_option
@pass_home
@asynchronous
async def block(home: AgentHome, person: str, output: Output) -> None:
    """Block PERSON: neither of you sees anything of the other any more, on any device.

    It comes before every friendship and every audience. The other one is not told.
    """
    blocked = pick_person(person, home, output)
    async with open_client(home) as client:
        await client.block(blocked)
    if output.as_json:
        output.document({"blocked": person})
    else:
        output.text(f"{person} is blocked. `appshare unblock` takes it back.")
