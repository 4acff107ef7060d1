"""`appshare-admin adaptations add`."""

from typing import Any

import click

from appshare.command_line.command import Command, asynchronous, json_option
from appshare.command_line.output import Output
from appshare.operator.access import AccessOptions
from appshare.operator.connection import open_client
from appshare.operator.decision_model import DeviceCondition, NumberRange, OperatorRow, RowEffect
from appshare.operator.package_ids import find_package_id
from appshare.operator.ranges import read_range, read_screens
from appshare.operator.shown_rows import shown_row


@click.command(
    cls=Command,
    examples="""
    appshare-admin adaptations add deny org.example.notes --version 21 --manufacturer Samsung --model "SM-G97*"
    appshare-admin adaptations add prefer org.example.notes --package e489500b --resolution 720x1280-1080x2400
    appshare-admin adaptations add force org.example.notes --sdk 29+ --density 120-240 --abi arm64-v8a --at 1
    """,
)
@click.argument("effect", type=click.Choice([effect.value for effect in RowEffect]))
@click.argument("app")
@click.option("--version", type=click.IntRange(0, 2**63 - 1), help="Only builds of this version code.")
@click.option("--package", metavar="ID", help="Only this build: its id or the first 8 or more characters of it.")
@click.option("--manufacturer", default="", help='Of the device; "*" stands for any text, "?" for any character.')
@click.option("--model", default="", help="Of the device, in the same way.")
@click.option("--sdk", type=read_range, metavar="RANGE", help='API levels of the device: "34", "21-28" or "21+".')
@click.option("--density", type=read_range, metavar="RANGE", help="Dots per inch of its screen, in the same way.")
@click.option(
    "--resolution",
    type=read_screens,
    metavar="RANGE",
    help="720x1280 or 720x1280-1080x2400, held either way.",
)
@click.option("--abi", multiple=True, help="The device runs it; may be given several times: one of them.")
@click.option("--at", type=click.IntRange(1), help="Position among the app's rows.  [default: behind them]")
@json_option
@click.pass_obj
@asynchronous
async def add(options: AccessOptions, /, *, effect: str, app: str, output: Output, **chosen: Any) -> None:
    """Add a row: deny, prefer or force the builds of APP (a package name) on the devices that meet all conditions.

    deny: they are not offered. prefer: of the builds that fit they go before the others, newer ones included. force:
    the same, and the highest SDK, screens, features and OpenGL ES that a build asks for do not keep it away; what
    Android itself checks does. What a device does not tell of itself meets no condition about it.
    """
    if chosen["version"] is not None and chosen["package"]:
        raise click.UsageError("give --version or --package, not both")
    short_side, long_side = chosen["resolution"] or (NumberRange(), NumberRange())
    async with open_client(options) as client:
        row = OperatorRow(
            row_id="",
            package_name=app,
            position=chosen["at"] or 0,
            effect=RowEffect(effect),
            version_code=chosen["version"],
            package_id=await find_package_id(client, chosen["package"], app) if chosen["package"] else "",
            devices=DeviceCondition(
                manufacturer=chosen["manufacturer"],
                model=chosen["model"],
                sdk=chosen["sdk"] or NumberRange(),
                density=chosen["density"] or NumberRange(),
                short_side=short_side,
                long_side=long_side,
                abis=chosen["abi"],
            ),
        )
        added = await client.decisions.add_row(row)
    if output.as_json:
        output.document({"row": added})
    else:
        output.text(f"{app}, row {added.position}: {shown_row(added)} (id {added.row_id})")
