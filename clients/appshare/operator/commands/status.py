"""`appshare-admin status`."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import click

from appshare.command_line.command import Command, asynchronous, json_option
from appshare.command_line.exit_code import ExitCode
from appshare.command_line.output import Output
from appshare.operator.access import AccessOptions
from appshare.operator.connection import open_client
from appshare.operator.model import ServiceStatus

_COLUMNS = ["Process", "Version", "Up", "Memory", "Store", "Running", "Calls", "Failed"]
_MIB = 1 << 20


@click.command(
    cls=Command,
    examples="""
    appshare-admin status
    appshare-admin status --json
    """,
)
@json_option
@click.pass_obj
@asynchronous
async def status(options: AccessOptions, output: Output) -> ExitCode:
    """Say how every process of the cloud does: version, sizes, calls, failures, and what it counts.

    Of several copies of a service one answers, for itself; what all of them say together is in their metrics.

    Exit code 5: a process does not answer.
    """
    async with open_client(options) as client:
        services = await client.system_status()
    if output.as_json:
        output.document({"services": services})
    else:
        output.table(_COLUMNS, map(_row, services))
        for line in _figures(services):
            output.text(line)
    return ExitCode.DONE if all(service.status for service in services) else ExitCode.UNREACHABLE


def _row(service: ServiceStatus) -> list[str]:
    status = service.status
    if status is None:
        return [service.name, "does not answer", *[""] * (len(_COLUMNS) - 2)]
    return [
        service.name,
        status.version,
        _shown(datetime.now(UTC) - status.start_time),
        f"{status.memory / _MIB:,.0f} MiB",
        f"{status.store / _MIB:,.1f} MiB",
        f"{status.running_calls:,}",
        f"{status.ended_calls:,}",
        f"{status.failed_calls:,}",
    ]


def _figures(services: Sequence[ServiceStatus]) -> Iterator[str]:
    for service in services:
        if service.status and service.status.figures:
            figures = (f"{name.replace('_', ' ')} {value:,.0f}" for name, value in service.status.figures.items())
            yield f"{service.name}: {', '.join(figures)}"


def _shown(time: timedelta) -> str:
    """`3 d 4 h`, `4 h 5 min`, `5 min`."""
    hours, minutes = divmod(int(time.total_seconds()) // 60, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days} d {hours} h"
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"
