"""`appshare delete-everything`."""

import click

from appshare import errors
from appshare.command_line.command import Command, asynchronous, json_option
from appshare.command_line.deletion_receipt import DeletionReceipt, say_receipt
from appshare.command_line.exit_code import ExitCode
from appshare.command_line.input_error import InputError
from appshare.command_line.output import Output, is_terminal
from appshare.device_agent.agent_home import AgentHome
from appshare.device_agent.commands.home import pass_home
from appshare.device_agent.connection import open_client

_QUESTION = "Remove all devices of your number, and everything that the cloud and this device keep of them?"


@click.command(
    "delete-everything",
    cls=Command,
    examples="""
    appshare delete-everything
    appshare delete-everything --yes --json
    """,
)
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
@pass_home
@asynchronous
async def delete_everything(home: AgentHome, *, yes: bool, output: Output) -> ExitCode:
    """Remove all devices of your number, and everything that the cloud and this device keep of them.

    There is no way back; others see that the friendship is over. The receipt says what was removed.
    """
    async with open_client(home) as client:
        if not yes and not _confirmed():
            output.note("Nothing was removed.")
            return ExitCode.FAILED
        try:
            receipt: DeletionReceipt | None = await client.delete_account()
        except errors.NotFoundError:
            receipt = None  # the answer to an earlier request got lost
    home.forget_everything()
    if output.as_json:
        output.document({"receipt": receipt})
    elif receipt:
        output.text("Everything is removed.")
        say_receipt(output, receipt)
    else:
        output.text("The cloud kept nothing of this device any more; what was kept here is removed.")
    return ExitCode.DONE


def _confirmed() -> bool:
    if not is_terminal():
        raise InputError("nobody can be asked here; say --yes to remove everything")
    return click.confirm(_QUESTION, err=True)
