"""`appshare-admin limits`."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import click

from appshare.command_line.command import Command, asynchronous, json_option
from appshare.command_line.exit_code import ExitCode
from appshare.command_line.output import Output
from appshare.operator.access import AccessOptions
from appshare.operator.connection import open_client
from appshare.operator.setting_model import LimitRefusals, ServiceSettings, Setting

_PROCESSES = ["gateway", "relation-radar", "share-registry", "app-download"]
_COLUMNS = ["Setting", "Value", "Default", "Refused", "What it is"]


@click.command(
    cls=Command,
    examples="""
    appshare-admin limits
    appshare-admin limits gateway --json
    appshare-admin limits --changed
    """,
)
@click.argument("processes", nargs=-1, type=click.Choice(_PROCESSES), metavar="[PROCESS]...")
@click.option("--changed", is_flag=True, help="Only what has not its default, or has refused calls.")
@json_option
@click.pass_obj
@asynchronous
async def limits(options: AccessOptions, *, processes: Sequence[str], changed: bool, output: Output) -> ExitCode:
    """Say which limits and other settings are in force in every process, and what they have refused.

    Refused are the calls since the process started, and when the last was. No secret is shown: of files their paths,
    of URLs where they lead.

    To change a setting, write its variable into the environment of the process, or give `appshare-server PROCESS` the
    flag (APPSHARE_MAX_DEVICES is --max-devices), and start the process again. Exit code 5: a process does not answer.
    """
    async with open_client(options) as client:
        services = await client.system_settings()
    wanted = [each for each in services if not processes or each.name in processes]
    shown = [_changed(each) for each in wanted] if changed else wanted
    if output.as_json:
        output.document({"services": shown})
    else:
        for service in shown:
            _show(service, output)
    return ExitCode.DONE if all(each.settings is not None for each in wanted) else ExitCode.UNREACHABLE


def _changed(service: ServiceSettings) -> ServiceSettings:
    """What the process was told, and what has refused something."""
    refused = {each.limit for each in service.refusals}
    settings = service.settings and tuple(
        each for each in service.settings if each.value != each.default or each.name in refused
    )
    return replace(service, settings=settings)


def _show(service: ServiceSettings, output: Output) -> None:
    output.text(f"{service.name}:")
    if service.settings is None:
        output.text("does not answer\n")
        return
    output.table(_COLUMNS, _rows(service.settings, {each.limit: each for each in service.refusals}))
    output.text("")


def _rows(settings: Sequence[Setting], refusals: dict[str, LimitRefusals]) -> Iterator[list[str]]:
    for each in settings:
        yield [each.variable, each.value, each.default, _refused(refusals.get(each.name)), each.description]
    names = {each.name for each in settings}
    for limit, refused in refusals.items():
        if limit not in names:
            yield [limit, "", "", _refused(refused), "A limit that is no setting."]


def _refused(refusals: LimitRefusals | None) -> str:
    """For example `12, last 2026-11-23 14:05`, by this machine's clock."""
    if refusals is None:
        return ""
    return f"{refusals.count:,}, last {refusals.last_time.astimezone():%Y-%m-%d %H:%M}"
