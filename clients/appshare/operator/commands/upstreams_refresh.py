"""`appshare-admin upstreams refresh`."""

from dataclasses import dataclass

import click

from appshare import errors
from appshare.command_line.command import Command, asynchronous, json_option
from appshare.command_line.exit_code import ExitCode, exit_code_of
from appshare.command_line.output import Output, sentence
from appshare.operator.access import AccessOptions
from appshare.operator.commands.upstreams_shown import followed, print_upstreams
from appshare.operator.connection import open_client
from appshare.operator.model import UpstreamState


@dataclass(frozen=True)
class _Failed:
    """A repository that could not be refreshed, and why."""

    name: str
    reason: str
    message: str


@click.command(
    cls=Command,
    examples="""
    appshare-admin upstreams refresh
    appshare-admin upstreams refresh f-droid.org --json
    """,
)
@click.argument("name", default="")
@json_option
@click.pass_obj
@asynchronous
async def refresh(options: AccessOptions, name: str, output: Output) -> ExitCode:
    """Fetch what has changed at the repository NAME, or at all of them.

    Exit code 1 when one could not be refreshed, 5 when one could not be reached; the index in use stays.
    """
    refreshed: list[UpstreamState] = []
    failed: list[_Failed] = []
    code = ExitCode.DONE
    async with open_client(options) as client:
        names = [name] if name else [state.upstream.name for state in (await client.upstreams.all()).upstreams]
        for each in names:
            try:
                refreshed.append(await followed(output, each, client.upstreams.refresh(each)))
            except (errors.DataLossError, errors.UnavailableError) as error:
                failed.append(_Failed(each, error.reason, sentence(error)))
                code = max(code, exit_code_of(error))
    if output.as_json:
        output.document({"refreshed": refreshed, "failed": failed})
        return code
    if refreshed:
        print_upstreams(output, refreshed)
    for failure in failed:
        output.note(f"{failure.name} is not refreshed: {failure.message}")
    return code
