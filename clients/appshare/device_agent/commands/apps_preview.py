"""`appshare apps preview`."""

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
    appshare apps preview "Li Wei"
    appshare apps preview +8613800138000 --json
    """,
)
@click.argument("person", shell_complete=complete_person)
@json_option
@pass_home
@asynchronous
async def preview(home: AgentHome, person: str, output: Output) -> None:
    """List your apps as PERSON sees them now. For somebody who is not registered: as a stranger would see them."""
    viewer = pick_person(person, home, output)
    async with open_client(home) as client:
        seen = await client.preview_shares(viewer)
    if output.as_json:
        output.document({"apps": seen})
    elif not seen:
        output.text(f"{person} sees none of your apps.")
    else:
        output.table(["App", "Package", "Version"], [[app.label, app.package_name, app.version_name] for app in seen])
