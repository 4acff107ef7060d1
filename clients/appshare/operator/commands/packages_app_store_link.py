"""`appshare-admin packages app-store-link`."""

from urllib.parse import urlsplit

import click

from appshare.command_line.command import Command, asynchronous, json_option
from appshare.command_line.output import Output
from appshare.operator.access import AccessOptions
from appshare.operator.connection import open_client

_STORE_HOSTS = {"apps.apple.com", "itunes.apple.com", "testflight.apple.com"}


@click.command(
    cls=Command,
    examples="""
    appshare-admin packages app-store-link org.example.notes https://apps.apple.com/app/id123456789
    appshare-admin packages app-store-link org.example.notes --remove
    """,
)
@click.argument("app")
@click.argument("url", required=False)
@click.option("--remove", is_flag=True, help="Remove the link.")
@json_option
@click.pass_obj
@asynchronous
async def app_store_link(options: AccessOptions, *, app: str, url: str | None, remove: bool, output: Output) -> None:
    """Set the App Store link that an iPhone gets for APP (a package name)."""
    if bool(url) == remove:
        raise click.UsageError("give the link's URL, or --remove")
    async with open_client(options) as client:
        await client.set_app_store_link(app, url or "")
    if output.as_json:
        output.document({"package_name": app, "url": url})
    else:
        output.text(f"An iPhone gets {url} for {app}." if url else f"The link of {app} is removed.")
    if url and urlsplit(url).hostname not in _STORE_HOSTS:
        output.note("The link does not lead to the App Store; make sure that an iPhone can install the app from there.")
