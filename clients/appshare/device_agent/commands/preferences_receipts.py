"""`appshare preferences receipts`."""

from dataclasses import replace

import click

from appshare.command_line.command import Command, json_option
from appshare.command_line.output import Output
from appshare.device_agent.agent_home import AgentHome
from appshare.device_agent.commands.home import pass_home


@click.command(
    cls=Command,
    examples="""
    appshare preferences receipts on
    appshare preferences receipts off
    """,
)
@click.argument("switch", type=click.Choice(["on", "off"]))
@json_option
@pass_home
def receipts(home: AgentHome, switch: str, output: Output) -> None:
    """Say whether somebody who shares an app with you is told when you have downloaded it. At first: off."""
    home.save_choices(replace(home.choices(), install_receipts=switch == "on"))
    if output.as_json:
        output.document({"install_receipts": switch == "on"})
    elif switch == "on":
        output.text("From now on `appshare get` tells the owner of an app that you have it.")
    else:
        output.text("Nobody is told what you install.")
