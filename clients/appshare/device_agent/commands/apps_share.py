"""`appshare apps share`."""

from collections.abc import Sequence

import click

from appshare.command_line.command import Command, asynchronous, json_option
from appshare.command_line.output import Output
from appshare.device_agent.agent_home import AgentHome
from appshare.device_agent.client import DeviceClient
from appshare.device_agent.commands.home import pass_home
from appshare.device_agent.connection import open_client
from appshare.device_agent.model import Audience, AudienceKind
from appshare.device_agent.people import find_friend_devices

_KINDS = {kind.value: kind for kind in AudienceKind if kind is not AudienceKind.SELECTED}


@click.command(
    cls=Command,
    examples="""
    appshare apps share org.example.notes org.example.maps --with friends
    appshare apps share org.example.diary --with "Li Wei" --with +8613800138000
    appshare apps share org.example.notes --with nobody
    """,
)
@click.argument("packages", nargs=-1, required=True, metavar="PACKAGE...")
@click.option(
    "--with",
    "audience",
    multiple=True,
    required=True,
    metavar="friends|everyone|nobody|PERSON",
    help="Who may see and install the apps; a PERSON has to be your friend and may be repeated.",
)
@json_option
@pass_home
@asynchronous
async def share(home: AgentHome, packages: Sequence[str], audience: Sequence[str], output: Output) -> None:
    """Say with whom apps are shared; whoever could see them before and is not named cannot any more."""
    if len(audience) > 1 and _KINDS.keys() & set(audience):
        raise click.UsageError("--with friends, everyone or nobody stands alone; repeat it for single people only")
    async with open_client(home) as client:
        chosen = await _choose(home, client, audience)
        await client.set_audiences(dict.fromkeys(packages, chosen))
    if output.as_json:
        output.document({"packages": packages, "audience": chosen})
    else:
        output.text(f"{', '.join(packages)}: shared with {', '.join(audience)}.")


async def _choose(home: AgentHome, client: DeviceClient, audience: Sequence[str]) -> Audience:
    if audience[0] in _KINDS:
        return Audience(_KINDS[audience[0]])
    friends = (await client.friends()).friends
    return Audience(AudienceKind.SELECTED, find_friend_devices(audience, home.address_book(), friends))
