"""`appshare apps share`."""

from collections.abc import Sequence

import click

from appshare.command_line.command import Command, asynchronous, json_option
from appshare.command_line.output import Output
from appshare.device_agent.agent_home import AgentHome
from appshare.device_agent.app_names import find_package_names
from appshare.device_agent.commands.audience_option import audience_option, choose_audience
from appshare.device_agent.commands.completions import complete_my_app
from appshare.device_agent.commands.home import pass_home
from appshare.device_agent.connection import open_client


@click.command(
    cls=Command,
    examples="""
    appshare apps share org.example.notes Maps --with friends
    appshare apps share "org.example.*" --with friends
    appshare apps share org.example.diary --with "Li Wei" --with +8613800138000
    appshare apps share "*" --with nobody
    """,
)
@click.argument("apps", nargs=-1, required=True, metavar="APP...", shell_complete=complete_my_app)
@audience_option(required=True)
@json_option
@pass_home
@asynchronous
async def share(home: AgentHome, apps: Sequence[str], audience: Sequence[str], output: Output) -> None:
    """Say with whom apps are shared; whoever could see them before and is not named cannot any more.

    APP is a package name, the app's label or a part of it, or a pattern of either with * and ?.
    """
    async with open_client(home) as client:
        packages = find_package_names(apps, [each.app for each in await client.my_apps()])
        chosen = await choose_audience(home, client, audience)
        await client.set_audiences(dict.fromkeys(packages, chosen))
    if output.as_json:
        output.document({"packages": packages, "audience": chosen})
    else:
        output.text(f"{', '.join(packages)}: shared with {', '.join(audience)}.")
