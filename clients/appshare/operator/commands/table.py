"""`appshare-admin table`."""

from collections.abc import Iterator, Sequence

import click

from appshare.command_line.command import Command, asynchronous, json_option
from appshare.command_line.output import Output
from appshare.operator.access import AccessOptions
from appshare.operator.connection import open_client
from appshare.operator.decision_model import OperatorRow
from appshare.operator.model import AdaptationRow
from appshare.operator.ranges import shown_range
from appshare.operator.shown import shown_files, shown_id, shown_screens, shown_sdks
from appshare.operator.shown_rows import note_idle, shown_builds, shown_screen_conditions


@click.command(
    cls=Command,
    examples="""
    appshare-admin table
    appshare-admin table org.example.notes --json
    """,
)
@click.argument("app", default="")
@json_option
@click.pass_obj
@asynchronous
async def table(options: AccessOptions, app: str, output: Output) -> None:
    """Show the adaptation table of APP (a package name), or of all: which file serves which devices.

    The rows of an app stand in the order in which they are searched: first those of `appshare-admin adaptations`, with
    their numbers and what they do, then what the packages say of themselves.
    """
    async with open_client(options) as client:
        derived = await client.adaptations(app)
        rows = await client.decisions.rows(app)
    if output.as_json:
        output.document({"operator_rows": rows, "rows": derived})
        return
    if not rows and not derived:
        output.text("The table is empty; `appshare-admin packages add FILE` fills it.")
        return
    output.table(["App", "Row", "Version", "Model", "SDK", "Screens", "ABIs", "Files", "Id"], _by_app(rows, derived))
    note_idle(output, rows)


def _by_app(rows: Sequence[OperatorRow], derived: Sequence[AdaptationRow]) -> Iterator[list[str]]:
    """App by app the operator's rows, then those of the packages; each is in its order already."""
    for name in sorted({row.package_name for row in rows} | {row.package_name for row in derived}):
        yield from (_own(row) for row in rows if row.package_name == name)
        yield from (_derived(row) for row in derived if row.package_name == name)


def _own(row: OperatorRow) -> list[str]:
    devices = row.devices
    return [
        row.package_name,
        f"{row.position} {row.effect}",
        shown_builds(row),
        " ".join(filter(None, (devices.manufacturer, devices.model))) or "any",
        shown_range(devices.sdk) or "any",
        shown_screen_conditions(devices),
        ", ".join(devices.abis) or "any",
        "",
        row.row_id,
    ]


def _derived(row: AdaptationRow) -> list[str]:
    return [
        row.package_name,
        "package",
        f"{row.version_name} ({row.version_code})",
        row.model or "any",
        shown_sdks(row.min_sdk, row.max_sdk),
        shown_screens(row.screens),
        ", ".join(row.abis) or "any",
        shown_files(row.file_names),
        shown_id(row.package_id),
    ]
