"""`appshare-admin packages remove`."""

import re

import click

from appshare.command_line.command import Command, asynchronous, json_option
from appshare.command_line.input_error import InputError
from appshare.command_line.output import Output
from appshare.operator.access import AccessOptions
from appshare.operator.client import OperatorClient
from appshare.operator.connection import open_client

_PREFIX = re.compile(r"[0-9a-f]{8,}")


@click.command(
    cls=Command,
    examples="""
    appshare-admin packages remove e489500b
    """,
)
@click.argument("package_id")
@json_option
@click.pass_obj
@asynchronous
async def remove(options: AccessOptions, package_id: str, output: Output) -> None:
    """Remove a package, by its id or the first 8 or more characters of it. Downloads under way complete."""
    async with open_client(options) as client:
        found = await _find(client, package_id)
        await client.remove_package(found)
    if output.as_json:
        output.document({"removed": found})
    else:
        output.text(f"{found} is removed.")


async def _find(client: OperatorClient, text: str) -> str:
    """The id that the text is, or begins."""
    packages = {package.package_id: package for package in await client.packages()}
    if text in packages:
        return text
    prefix = text.lower()
    if not _PREFIX.fullmatch(prefix):
        raise InputError(f"{text} is not a package id, nor the first 8 or more characters of one")
    matching = [package for package_id, package in packages.items() if package_id.startswith(prefix)]
    if len(matching) == 1:
        return matching[0].package_id
    if matching:
        candidates = [f"{each.package_id} {each.package_name} {each.version_name}" for each in matching]
        raise InputError(f"several packages begin with {text}; say which:", candidates=candidates)
    raise InputError(f"no package has or begins with the id {text}; `appshare-admin packages list` lists them")
