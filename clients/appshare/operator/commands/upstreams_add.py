"""`appshare-admin upstreams add`."""

import re
from collections.abc import Sequence
from urllib.parse import parse_qs, urlsplit, urlunsplit

import click

from appshare.command_line.command import Command, asynchronous, json_option
from appshare.command_line.input_error import InputError
from appshare.command_line.output import Output
from appshare.operator.access import AccessOptions
from appshare.operator.commands.upstreams_shown import followed, print_upstreams
from appshare.operator.connection import open_client
from appshare.operator.model import Upstream

_SEPARATORS = re.compile(r"[\s:]")
_FINGERPRINT = re.compile(r"[0-9a-f]{64}")
_NOT_IN_NAMES = re.compile(r"[^a-z0-9._-]+")


@click.command(
    cls=Command,
    examples=f"""
    appshare-admin upstreams add https://example.org/fdroid/repo?fingerprint={"8090685D94AE70E2" * 4}
    appshare-admin upstreams add https://example.org/repo --fingerprint {"8090685d94ae70e2" * 4} --name example
    """,
)
@click.argument("url")
@click.option(
    "--fingerprint", default="", help="SHA-256 of the certificate that signs it; also as ?fingerprint= of URL."
)
@click.option("--name", default="", help="What to call it.  [default: the host of URL]")
@click.option("--mirror", "mirrors", multiple=True, metavar="URL", help="Where the same files are; can be repeated.")
@click.option("--plain-http", is_flag=True, help="Allow http beyond this machine: others see what is fetched.")
@json_option
@click.pass_obj
@asynchronous
async def add(
    options: AccessOptions,
    url: str,
    fingerprint: str,
    name: str,
    mirrors: Sequence[str],
    *,
    plain_http: bool,
    output: Output,
) -> None:
    """Add the signed F-Droid repository at URL, and read its index.

    Get the fingerprint from somewhere else than the repository itself: it decides whose apps your users install.
    """
    address, in_link = _split(url)
    upstream = Upstream(
        name=name or _name_of(address),
        address=address,
        mirrors=tuple(mirrors),
        fingerprint=_read_fingerprint(fingerprint or in_link),
        plain_http=plain_http,
    )
    async with open_client(options) as client:
        state = await followed(output, upstream.name, client.upstreams.add(upstream))
    if output.as_json:
        output.document({"upstream": state})
    else:
        print_upstreams(output, [state])


def _split(url: str) -> tuple[str, str]:
    """The address, and the fingerprint that F-Droid's links have behind it."""
    parts = urlsplit(url)
    [in_link] = parse_qs(parts.query).get("fingerprint", [""])[:1]
    return (urlunsplit(parts._replace(query="")), in_link) if in_link else (url, "")


def _read_fingerprint(text: str) -> str:
    """As it is written everywhere: in either case, with or without colons and spaces.

    Raises:
        InputError: it is none.
    """
    fingerprint = _SEPARATORS.sub("", text).lower()
    if not _FINGERPRINT.fullmatch(fingerprint):
        raise InputError("--fingerprint is the SHA-256 of the repository's certificate: 64 hexadecimal digits")
    return fingerprint


def _name_of(address: str) -> str:
    """The host, as far as a name can be that.

    Raises:
        InputError: the address has none.
    """
    try:
        host = urlsplit(address).hostname or ""
    except ValueError:
        host = ""
    name = _NOT_IN_NAMES.sub("-", host).strip(".-_")
    if not name:
        raise InputError(f"{address} is no address such as https://example.org/fdroid/repo")
    return name
