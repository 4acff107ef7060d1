"""`appshare push recall`."""

import click

from appshare.command_line.command import Command, asynchronous, json_option
from appshare.command_line.input_error import InputError
from appshare.command_line.output import Output
from appshare.device_agent.agent_home import AgentHome
from appshare.device_agent.commands.home import pass_home
from appshare.device_agent.connection import open_client


@click.command(
    cls=Command,
    examples="""
    appshare push recall
    appshare push recall 5d41402abc4b2a76
    """,
)
@click.argument("push_id", metavar="[ID]", required=False)
@json_option
@pass_home
@asynchronous
async def recall(home: AgentHome, push_id: str | None, output: Output) -> None:
    """Take a push back, without ID the one that was sent last.

    It vanishes for everybody who has not received it; who has is not told to anybody.
    """
    recalled = push_id or home.last_push_id()
    if recalled is None:
        raise InputError("no push was sent from here; name the ID that `appshare push` printed")
    async with open_client(home) as client:
        await client.recall_push(recalled)
    if output.as_json:
        output.document({"recalled": recalled})
    else:
        output.text("Taken back from everybody who has not received it.")
