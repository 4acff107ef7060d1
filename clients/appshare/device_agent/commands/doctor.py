"""`appshare doctor`."""

import click

from appshare.command_line.command import Command, json_option
from appshare.command_line.exit_code import ExitCode
from appshare.command_line.output import Output
from appshare.device_agent.agent_home import AgentHome
from appshare.device_agent.commands.home import pass_home
from appshare.device_agent.commands.source_option import SourceChoice, source_options
from appshare.device_agent.doctor import Verdict, examine

_COLOURS = {Verdict.OK: "green", Verdict.WARN: "yellow", Verdict.FAIL: "red"}


@click.command(
    cls=Command,
    examples="""
    appshare doctor
    appshare doctor --json
    """,
)
@source_options
@json_option
@pass_home
def doctor(home: AgentHome, source: SourceChoice, output: Output) -> None:
    """Find out what does not work, and what to do: folder, account, server, TLS, session, clock, phone, permissions.

    Everything is only looked at, but for the session, which is renewed. Exit code 1 when something fails.
    """
    found = []
    for finding in examine(home, source.phone):
        found.append(finding)
        if not output.as_json:
            output.mark(finding.verdict, _COLOURS[finding.verdict], f"{finding.topic:<9} {finding.message}")
            if finding.advice:
                output.text(f"                 {finding.advice}")
    if output.as_json:
        output.document({"findings": found})
    if any(each.verdict is Verdict.FAIL for each in found):
        click.get_current_context().exit(ExitCode.FAILED)
