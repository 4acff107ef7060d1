"""`appshare contacts excluded`."""

import click

from appshare.command_line.command import Command, json_option
from appshare.command_line.output import Output
from appshare.device_agent.agent_home import AgentHome
from appshare.device_agent.commands.home import pass_home


@click.command(
    cls=Command,
    examples="""
    appshare contacts excluded
    appshare contacts excluded --json
    """,
)
@json_option
@pass_home
def excluded(home: AgentHome, output: Output) -> None:
    """List whom you keep from the cloud. Nothing is sent."""
    people = home.choices().excluded
    if output.as_json:
        output.document({"excluded": [{"name": each.name, "numbers": each.numbers} for each in people]})
    elif not people:
        output.text("Nobody is excluded; every card with a number is synced.")
    else:
        output.table(["Name", "Numbers"], [[each.name or "(by number)", ", ".join(each.numbers)] for each in people])
