"""`appshare apps default`."""

from collections.abc import Sequence

import click

from appshare.command_line.command import Command, asynchronous, json_option
from appshare.command_line.output import Output
from appshare.device_agent.agent_home import AgentHome
from appshare.device_agent.commands.audience_option import (
    audience_option,
    choose_audience,
    selected_names,
    shown_audience,
)
from appshare.device_agent.commands.home import pass_home
from appshare.device_agent.connection import open_client


@click.command(
    cls=Command,
    examples="""
    appshare apps default
    appshare apps default --with friends
    appshare apps default --with "Li Wei"
    """,
)
@audience_option(required=False)
@json_option
@pass_home
@asynchronous
async def default(home: AgentHome, audience: Sequence[str], output: Output) -> None:
    """Say with whom apps are shared that you install from now on; without an option: show it.

    Apps that are published already keep their audiences. At first, apps are shared with nobody.
    """
    async with open_client(home) as client:
        if audience:
            await client.set_default_audience(await choose_audience(home, client, audience))
        chosen = await client.default_audience()
        names = {} if output.as_json else await selected_names(home, client, [chosen])
    if output.as_json:
        output.document({"audience": chosen})
    else:
        output.text(f"Apps that are not published yet will be shared with: {shown_audience(chosen, names)}.")
